namespace ShopSaga.Tests.Bus.Support;

/// <summary>A clock that stands still until a test moves it; then its timers go off.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<Timer> _timers = [];
    private DateTimeOffset _now = new(2026, 11, 22, 6, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return _now;
        }
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public void MoveTo(DateTimeOffset time)
    {
        Timer[] timers;
        lock (_lock)
        {
            _now = time;
            timers = [.. _timers.Where(timer => timer.IsDue(time))];
        }

        foreach (var timer in timers)
        {
            timer.GoOff();
        }
    }

    public void Advance(TimeSpan by) => MoveTo(GetUtcNow() + by);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(ManualTime time, Action goOff) : ITimer
    {
        private DateTimeOffset? _due;
        private TimeSpan _period;

        /// <summary>Whether it goes off now, once however much time has passed.</summary>
        public bool IsDue(DateTimeOffset now)
        {
            if (_due is null || _due > now)
            {
                return false;
            }

            _due = _period > TimeSpan.Zero ? now + _period : null;
            return true;
        }

        public void GoOff() => goOff();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                _due = dueTime < TimeSpan.Zero ? null : time._now + dueTime;
                _period = period;
                time._timers.Remove(this);
                time._timers.Add(this);
            }

            return true;
        }

        public void Dispose()
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
