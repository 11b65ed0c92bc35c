using ShopSaga.Local.Running;

namespace ShopSaga.Chaos.Faults;

/// <summary>All possible faults, drawn like cards: none comes again before all have come.</summary>
internal sealed class FaultDeck
{
    private static readonly string[] Servers = [LocalStack.PostgreSql, LocalStack.RabbitMq, LocalStack.Redis];

    private readonly Random _random;
    private readonly IReadOnlyList<Func<Fault>> _all;
    private readonly Queue<Func<Fault>> _left = new();

    /// <param name="machine">What breaks.</param>
    /// <param name="random">Decides the order of the faults, their instances and their durations.</param>
    /// <param name="only">The beginning of the kinds to draw; empty for all.</param>
    public FaultDeck(Machine machine, Random random, string only)
    {
        _random = random;
        Func<Fault>[] all =
        [
            .. machine.Services.GroupBy(Kinds.Of).SelectMany(instances => (Func<Fault>[])
            [
                () => new ProcessKilled(machine, OneOf([.. instances])) { Duration = Seconds(0, 2) },
                () => new ProcessPaused(machine, OneOf([.. instances])) { Duration = Seconds(1, 8) },
            ]),
            .. Servers.SelectMany(server => (Func<Fault>[])
            [
                () => new ProcessKilled(machine, server) { Duration = Seconds(0, 2) },
                () => new ProcessPaused(machine, server) { Duration = Seconds(1, 8) },
                () => new ConnectionsBroken(machine, server, Line.Cut) { Duration = Seconds(0, 4) },
                () => new ConnectionsBroken(machine, server, Line.Slow) { Duration = Seconds(2, 6) },
                () => new ConnectionsBroken(machine, server, Line.Silent) { Duration = Seconds(1, 8) },
            ]),
        ];
        _all = [.. all.Where(make => make().Kind.StartsWith(only, StringComparison.Ordinal))];
        if (_all.Count == 0)
        {
            throw new InvalidOperationException($"No fault has a kind that begins with \"{only}\".");
        }
    }

    public Fault Draw()
    {
        if (_left.Count == 0)
        {
            var shuffled = _all.ToArray();
            _random.Shuffle(shuffled);
            foreach (var make in shuffled)
            {
                _left.Enqueue(make);
            }
        }

        return _left.Dequeue()();
    }

    /// <summary>Draws one that can run beside this one.</summary>
    public Fault DrawBeside(Fault other)
    {
        var fault = Draw();
        for (var attempts = _all.Count; attempts > 0 && (fault.Target == other.Target || fault.NeedsIdleSystem); attempts--)
        {
            fault = Draw();
        }

        return fault;
    }

    private string OneOf(string[] names) => names[_random.Next(names.Length)];

    private TimeSpan Seconds(double min, double max) => TimeSpan.FromSeconds(min + ((max - min) * _random.NextDouble()));
}
