using ShopSaga.Local.Layout;
using ShopSaga.Local.Running;
using ShopSaga.Local.Servers;
using ShopSaga.Replaying;

namespace ShopSaga.Chaos.Faults;

/// <summary>All possible faults, drawn like cards: none comes again before nearly all have come.</summary>
internal sealed class FaultDeck
{
    private static readonly string[] Servers = [LocalStack.PostgreSql, LocalStack.RabbitMq, LocalStack.Redis];

    private const int MaxTogether = 3;

    /// <summary>Less than the five minutes that a token may be early or late.</summary>
    private const int MaxClockSeconds = 120;

    private static readonly Service[] Endpoints = [.. Topology.Services.Where(service => service.IsOnTheBus)];
    private static readonly Service[] Owners = [.. Topology.Services.Where(service => service.Database is not null)];

    private static readonly (string Service, string Rows)[] LockedRows =
    [
        ("Orders", "orders WHERE id IN (SELECT id FROM orders ORDER BY id DESC LIMIT 20)"),
        ("Products", "products"),
        ("Payments", "payments"),
        ("Settlement", "daily_totals"),
    ];

    private readonly Random _random;
    private readonly IReadOnlyList<Func<Fault>> _all;
    private readonly List<Func<Fault>> _left = [];

    /// <param name="machine">What breaks.</param>
    /// <param name="random">Decides the order of the faults, their instances and their durations.</param>
    /// <param name="only">The beginnings of the kinds to draw, separated by commas; empty for all.</param>
    public FaultDeck(Machine machine, Random random, string only)
    {
        _random = random;
        Func<Fault>[] all =
        [
            .. machine.Services.GroupBy(Kinds.Of).SelectMany(instances => (Func<Fault>[])
            [
                () => new ProcessKilled(machine, OneOf([.. instances])) { Duration = Seconds(0, 2) },
                () => new ProcessPaused(machine, OneOf([.. instances])) { Duration = Pause() },
            ]),
            .. Servers.SelectMany(server => (Func<Fault>[])
            [
                () => new ProcessKilled(machine, server) { Duration = Seconds(0, 2) },
                () => new ProcessPaused(machine, server) { Duration = Pause() },
                () => new ConnectionsBroken(machine, server, Line.Cut) { Duration = Seconds(0, 3) },
                () => new ConnectionsBroken(machine, server, Line.Slow) { Duration = Seconds(2, 5) },
                () => new ConnectionsBroken(machine, server, Line.Silent) { Duration = Seconds(1, 6) },
            ]),
            () => new BrokerAlarm(machine, OfMemory: true) { Duration = Seconds(1, 4) },
            () => new BrokerAlarm(machine, OfMemory: false) { Duration = Seconds(1, 4) },
            () => new DatabaseReadOnly(machine) { Duration = Seconds(1, 6) },
            () => new ConnectionsTerminated(machine, OneOf([.. Owners.Select(owner => owner.Database!.Name)])),
            .. LockedRows.Select<(string Service, string Rows), Func<Fault>>(
                rows => () => new RowsLocked(machine, rows.Service, rows.Rows) { Duration = Seconds(1, 6) }),
            () => new QueueDeleted(machine, OneOf([.. Endpoints.Select(endpoint => endpoint.Assembly), ErrorQueue.DefaultName])),
            () => new ExchangeDeleted(machine, OneOf([.. Endpoints.SelectMany(
                endpoint => endpoint.Publishes.Select(name => BrokerTopology.EventExchange(endpoint, name)))])),
            .. machine.HasDiskOfItsOwn ? [() => new DiskFull(machine) { Duration = Seconds(2, 6) }] : Array.Empty<Func<Fault>>(),
            .. Machine.CanMoveClocks
                ? Endpoints.Select<Service, Func<Fault>>(endpoint => () => new ClockMoved(
                    machine, endpoint.Name, OneOf([-MaxClockSeconds, MaxClockSeconds])) { Duration = Seconds(1, 4) })
                : Array.Empty<Func<Fault>>(),
        ];
        _all = [.. all.Where(make => only.Split(',').Any(kind => make().Kind.StartsWith(kind, StringComparison.Ordinal)))];
        if (_all.Count == 0)
        {
            throw new InvalidOperationException($"No fault has a kind that begins with \"{only}\".");
        }
    }

    /// <summary>Draws those of one round: one, two or three of different parts.</summary>
    public IReadOnlyList<Fault> DrawTogether()
    {
        var count = OneOf([1, 2, 2, 3]);
        List<Fault> drawn = [Draw(_ => true)!];
        while (drawn.Count < count && !drawn[0].NeedsIdleSystem
            && Draw(fault => !fault.NeedsIdleSystem && drawn.All(other => other.Part != fault.Part)) is { } beside)
        {
            drawn.Add(beside);
        }

        return drawn;
    }

    /// <summary>The next one that fits; null when none does. The others stay where they are.</summary>
    private Fault? Draw(Func<Fault, bool> fits)
    {
        if (_left.Count < MaxTogether)
        {
            var shuffled = _all.ToArray();
            _random.Shuffle(shuffled);
            _left.AddRange(shuffled);
        }

        for (var card = 0; card < _left.Count; card++)
        {
            var fault = _left[card]();
            if (fits(fault))
            {
                _left.RemoveAt(card);
                return fault;
            }
        }

        return null;
    }

    /// <summary>Short in most cases; long enough for every time limit in some.</summary>
    private TimeSpan Pause() => _random.Next(10) == 0 ? Seconds(15, 60) : Seconds(1, 6);

    private T OneOf<T>(T[] values) => values[_random.Next(values.Length)];

    private TimeSpan Seconds(double min, double max) => TimeSpan.FromSeconds(min + ((max - min) * _random.NextDouble()));
}
