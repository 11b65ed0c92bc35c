namespace ShopSaga.Bus;

/// <summary>Counts what is under way, so that one can wait until nothing is.</summary>
internal sealed class Outstanding
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _none = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;

    public Outstanding() => _none.SetResult();

    /// <summary>Ends when nothing is under way.</summary>
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
