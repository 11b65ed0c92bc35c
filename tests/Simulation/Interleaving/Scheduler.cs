using System.Diagnostics;
using Dapper;
using Npgsql;
using ShopSaga.Tests.Simulation.Shop;

namespace ShopSaga.Tests.Simulation.Interleaving;

/// <summary>
/// Runs clients and receivers concurrently, one statement of one of them at a time. The seed gives each a priority, and takes the highest
/// away from its owner at a few moments: so a race of small depth is found with a probability that is known (probabilistic concurrency
/// testing, Burckhardt et al., 2010).
/// <code>
///   a statement ends ─► its actor stops here ─► all others stand too, or wait for a lock ─► the highest priority goes on
/// </code>
/// Npgsql reports each statement to an <see cref="ActivityListener"/> in the flow of its caller. There actors stop; a receiver also stops
/// before it takes a message. With a service of interest, only the statements in its database count: the fewer places where priorities may
/// change, the more probable are those that matter.
/// </summary>
internal sealed class Scheduler : IAsyncDisposable
{
    /// <summary>The moments at which priorities change: a race of depth d needs d - 1.</summary>
    private const int Changes = 3;

    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(2);

    /// <summary>
    /// An actor that is neither stopped nor at a lock for so long waits for another one within the process. None is known to; a shorter
    /// time would let a slow one be overtaken by chance, and the seed would not play the same history again.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>A stopped actor holds its thread, and the pool is slow to add others beyond these.</summary>
    private const int Threads = 32;

    private readonly List<Actor> _actors = [];
    private readonly HashSet<int> _changes = [];
    private readonly SemaphoreSlim _changed = new(0);
    private readonly Random _random;
    private readonly Lock _lock = new();
    private readonly List<(Actor Actor, string Statement)> _statements = [];
    private readonly List<string> _deadlocks = [];
    private readonly SimulatedShop _shop;
    private readonly NpgsqlConnection _locks;
    private readonly string? _databaseOfInterest;
    private readonly ActivityListener _listener;
    private int _lowest;

    private Scheduler(SimulatedShop shop, NpgsqlConnection locks, int seed, int expectedSteps, string? serviceOfInterest)
    {
        (_shop, _locks, _random) = (shop, locks, new Random(seed));
        _databaseOfInterest = serviceOfInterest is null ? null : shop.Databases.NameOf(serviceOfInterest);
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(Math.Max(workers, Threads), completions);
        for (var change = 0; change < Changes; change++)
        {
            _changes.Add(_random.Next(1, expectedSteps));
        }

        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) =>
                Actor.Current is null ? ActivitySamplingResult.None : ActivitySamplingResult.AllData,
            ActivityStopped = AfterStatement,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>Statements so far.</summary>
    public int Steps { get; private set; }

    /// <summary>The statements that PostgreSQL has ended because of a deadlock, which locks in one order rule out.</summary>
    public IReadOnlyList<string> Deadlocks => _deadlocks;

    /// <summary>Whether all that remain have found nothing to do.</summary>
    public bool IsOver { get; private set; }

    /// <param name="shop">The shop.</param>
    /// <param name="seed">Decides the priorities, and when they change.</param>
    /// <param name="expectedSteps">They change within so many steps.</param>
    /// <param name="serviceOfInterest">The service at whose statements actors stop; null for all services.</param>
    public static async Task<Scheduler> Create(SimulatedShop shop, int seed, int expectedSteps, string? serviceOfInterest = null) =>
        new(shop, await shop.Databases.Open("Orders"), seed, expectedSteps, serviceOfInterest);

    /// <summary>Runs all to their end.</summary>
    public async Task Run(params (string Name, Func<Actor, Task> Work)[] works)
    {
        var tasks = new List<Task>();
        foreach (var (name, work) in works.OrderBy(_ => _random.Next()))
        {
            var actor = new Actor(name, () => _changed.Release()) { Priority = _actors.Count };
            _actors.Add(actor);
            tasks.Add(actor.Run(work));
        }

        while (true)
        {
            await AllStand();
            TellStatements();
            if (_actors.TrueForAll(actor => actor.HasEnded))
            {
                break;
            }

            if (_actors.Where(actor => actor is { IsStopped: true, HasEnded: false }).MaxBy(actor => actor.Priority) is not { } next)
            {
                // All wait for locks: the server finds the deadlock.
                continue;
            }

            if (_changes.Remove(++Steps))
            {
                next.Priority = --_lowest;
                continue;
            }

            next.GoOn();
        }

        await Task.WhenAll(tasks);
    }

    /// <summary>A receiver has found nothing: the others come first, and when all have found nothing, it is over.</summary>
    public void Idle(Actor actor)
    {
        actor.IsIdle = true;
        if (_actors.TrueForAll(other => other.HasEnded || other.IsIdle))
        {
            IsOver = true;
            return;
        }

        actor.Priority = --_lowest;
        actor.Stop();
    }

    /// <summary>Something happened: those that have found nothing look again.</summary>
    public void Progress() => _actors.ForEach(actor => actor.IsIdle = false);

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _locks.DisposeAsync();
        _actors.ForEach(actor => actor.Dispose());
        _changed.Dispose();
    }

    private void AfterStatement(Activity statement)
    {
        // What has no text is the opening of a connection, which depends on the histories before.
        if (Actor.Current is not { HasEnded: false } actor || !_actors.Contains(actor)
            || statement.GetTagItem("db.query.text") is not string sql)
        {
            return;
        }

        if (_databaseOfInterest is null || (string?)statement.GetTagItem("db.namespace") == _databaseOfInterest)
        {
            var failed = statement.Status == ActivityStatusCode.Error ? " ✗" : "";
            var line = $"{string.Join(' ', sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))}{failed}";
            lock (_lock)
            {
                _statements.Add((actor, line));
                if ((string?)statement.GetTagItem("db.response.status_code") == PostgresErrorCodes.DeadlockDetected)
                {
                    _deadlocks.Add($"deadlock of the {actor.Name}: {line}");
                }
            }

            actor.Stop();
        }
    }

    /// <summary>
    /// A commit ends the wait of another actor, and then two go on at once until they stop: told by actor, the story does not depend on
    /// which was faster.
    /// </summary>
    private void TellStatements()
    {
        lock (_lock)
        {
            foreach (var (actor, statement) in _statements.OrderBy(each => _actors.IndexOf(each.Actor)))
            {
                _shop.Story.Turn($"{actor.Name}: {statement}");
            }

            _statements.Clear();
        }
    }

    /// <summary>Waits until each actor is stopped, has ended, or waits for a lock.</summary>
    private async Task AllStand()
    {
        var waiting = Stopwatch.StartNew();
        while (_actors.Count(actor => actor is { IsStopped: false, HasEnded: false }) is > 0 and var moving)
        {
            if (!await _changed.WaitAsync(LockPoll) && (await WaitingForLocks() >= moving || waiting.Elapsed > Patience))
            {
                return;
            }
        }
    }

    private Task<int> WaitingForLocks() => _locks.ExecuteScalarAsync<int>(
        "SELECT count(*)::int FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = ANY(@Names)", _shop.Databases);
}
