namespace ShopSaga.Load.Capacity;

/// <summary>
/// The clock of a simulation, which moves from one event to the next. It is also where all code of the simulation goes on after it has
/// awaited something: on one thread, in an order that depends on nothing else.
/// </summary>
internal sealed class VirtualTime : SynchronizationContext
{
    private readonly PriorityQueue<TaskCompletionSource, (double Due, long Number)> _events = new();
    private readonly Queue<Action> _ready = [];
    private long _scheduled;

    /// <summary>Seconds since the simulation began.</summary>
    public double Now { get; private set; }

    public Task Wait(double seconds)
    {
        var elapsed = new TaskCompletionSource();
        _events.Enqueue(elapsed, (Now + seconds, _scheduled++));
        return elapsed.Task;
    }

    /// <summary>Begins, and runs what that starts until the end.</summary>
    public void Run(Action begin, double end)
    {
        var outside = Current;
        SetSynchronizationContext(this);
        try
        {
            begin();
            do
            {
                while (_ready.TryDequeue(out var next))
                {
                    next();
                }
            }
            while (MoveOn(end));
        }
        finally
        {
            SetSynchronizationContext(outside);
        }
    }

    public override void Post(SendOrPostCallback d, object? state) => _ready.Enqueue(() => d(state));

    private bool MoveOn(double end)
    {
        if (!_events.TryPeek(out var next, out var key) || key.Due > end)
        {
            return false;
        }

        _events.Dequeue();
        Now = key.Due;
        next.SetResult();
        return true;
    }
}
