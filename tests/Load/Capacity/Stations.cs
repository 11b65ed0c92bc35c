namespace ShopSaga.Load.Capacity;

/// <summary>Processors that take turns with what is ready to run, as an operating system does.</summary>
internal sealed class Processors(VirtualTime time, int count)
{
    private const double Slice = 0.001;
    private readonly Queue<TaskCompletionSource> _ready = [];
    private int _taken;

    /// <summary>Seconds of all processors together.</summary>
    public double Busy { get; private set; }

    public double Utilisation => Busy / (count * time.Now);

    public async Task Use(double seconds)
    {
        for (var left = seconds; left > 0; left -= Slice)
        {
            await Turn();
            var slice = Math.Min(left, Slice);
            await time.Wait(slice);
            Busy += slice;
            if (_ready.TryDequeue(out var next))
            {
                next.SetResult();
            }
            else
            {
                _taken--;
            }
        }
    }

    private Task Turn()
    {
        if (_taken < count)
        {
            _taken++;
            return Task.CompletedTask;
        }

        var turn = new TaskCompletionSource();
        _ready.Enqueue(turn);
        return turn.Task;
    }
}

/// <summary>A write-ahead log: one flush at a time, and whoever waits when it begins shares it.</summary>
internal sealed class Log(VirtualTime time, double flush)
{
    private Task _running = Task.CompletedTask;
    private Task? _next;
    private int _flushes;

    public double Utilisation => _flushes * flush / time.Now;

    public Task Flush() => _next ??= FlushAfter(_running);

    private async Task FlushAfter(Task before)
    {
        await before;
        // Whatever happens at the same moment joins.
        await time.Wait(0);
        (_running, _next) = (_next!, null);
        _flushes++;
        await time.Wait(flush);
    }
}

/// <summary>A server of databases or the broker: processors and a log.</summary>
internal sealed record Server(Processors Processors, Log Log);
