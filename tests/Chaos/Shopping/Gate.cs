namespace ShopSaga.Chaos.Shopping;

/// <summary>Lets clients begin something new, or holds them back.</summary>
internal sealed class Gate
{
    private TaskCompletionSource _open = Opened();
    private int _inside;

    public async Task<IDisposable> Enter()
    {
        while (true)
        {
            await _open.Task;
            Interlocked.Increment(ref _inside);
            if (_open.Task.IsCompleted)
            {
                return new Visit(this);
            }

            Interlocked.Decrement(ref _inside);
        }
    }

    /// <summary>Holds clients back, and waits until those inside have left.</summary>
    public async Task Close()
    {
        _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Eventually.Is(() => Volatile.Read(ref _inside) == 0, "the clients have finished what they began");
    }

    public void Open() => _open.TrySetResult();

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private sealed class Visit(Gate gate) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref gate._inside);
    }
}
