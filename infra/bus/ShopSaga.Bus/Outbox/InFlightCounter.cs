namespace ShopSaga.Bus;

/// <summary>Counts what is to be dispatched or marked, so that a caller can wait until there is nothing.</summary>
internal sealed class InFlightCounter
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _none = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;

    public InFlightCounter() => _none.SetResult();

    /// <summary>Completes when nothing is in flight.</summary>
    public Task None
    {
        get
        {
            lock (_lock)
            {
                return _none.Task;
            }
        }
    }

    public void Begin(int count = 1)
    {
        lock (_lock)
        {
            if (_count == 0 && count > 0)
            {
                _none = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            _count += count;
        }
    }

    public void End(int count = 1)
    {
        lock (_lock)
        {
            _count -= count;
            if (_count == 0)
            {
                _none.TrySetResult();
            }
        }
    }
}
