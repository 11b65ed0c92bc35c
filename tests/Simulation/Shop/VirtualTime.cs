namespace ShopSaga.Tests.Simulation.Shop;

/// <summary>The time of all services. It stands still within a step.</summary>
internal sealed class Clock
{
    public DateTimeOffset Now { get; set; } = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
}

/// <summary>
/// The clock of one service, and its timers. A short pause within a step is over at once. A limit never passes, since a step takes no time.
/// Periodic timers fire when the history says so.
/// </summary>
internal sealed class VirtualTime(Clock clock) : TimeProvider
{
    /// <summary>How far this clock is ahead of the others; negative behind.</summary>
    public TimeSpan Skew { get; set; }

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private readonly Lock _lock = new();
    private readonly HashSet<Timer> _periodic = [];

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => clock.Now + Skew;

    public override long GetTimestamp() => clock.Now.UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        // Task.Delay is a pause; everything else with a single due time is a limit.
        var isPause = state?.GetType().Name.StartsWith("DelayPromise", StringComparison.Ordinal) == true;
        var timer = new Timer(this, () => callback(state), isPause);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Lets the timers with this period fire, in this thread.</summary>
    public void Tick(TimeSpan period)
    {
        List<Timer> due;
        lock (_lock)
        {
            due = [.. _periodic.Where(timer => timer.Period == period)];
        }

        due.ForEach(timer => timer.Fire());
    }

    private sealed class Timer(VirtualTime time, Action fire, bool isPause) : ITimer
    {
        public TimeSpan Period { get; private set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                Period = period;
                if (period > TimeSpan.Zero)
                {
                    time._periodic.Add(this);
                    return true;
                }
            }

            if (isPause && dueTime >= TimeSpan.Zero && dueTime <= LongestPause)
            {
                ThreadPool.QueueUserWorkItem(_ => fire());
            }

            return true;
        }

        public void Dispose()
        {
            lock (time._lock)
            {
                time._periodic.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
