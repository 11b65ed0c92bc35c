namespace ShopSaga.Products.Caching;

/// <summary>
/// Request coalescing: concurrent requests for one id are served by few reads. One read is in flight, and all requests that arrive
/// meanwhile share the next. No request is served by a read that began before it, so each sees every write that was answered before it.
/// </summary>
internal sealed class RequestCoalescer<T>
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Reads> _reads = [];

    public Task<T> Read(long id, Func<Task<T>> read)
    {
        lock (_lock)
        {
            if (_reads.TryGetValue(id, out var reads))
            {
                return reads.Next ??= ReadAfter(reads.InFlight, id, reads, read);
            }

            _reads.Add(id, reads = new Reads());
            var first = ReadNow(id, reads, read);
            reads.InFlight = first;
            return first;
        }
    }

    private async Task<T> ReadAfter(Task before, long id, Reads reads, Func<Task<T>> read)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        lock (_lock)
        {
            (reads.InFlight, reads.Next) = (reads.Next!, null);
        }

        return await ReadNow(id, reads, read);
    }

    private async Task<T> ReadNow(long id, Reads reads, Func<Task<T>> read)
    {
        try
        {
            return await Task.Run(read);
        }
        finally
        {
            lock (_lock)
            {
                if (reads.Next is null)
                {
                    _reads.Remove(id);
                }
            }
        }
    }

    private sealed class Reads
    {
        public Task InFlight { get; set; } = Task.CompletedTask;

        public Task<T>? Next { get; set; }
    }
}
