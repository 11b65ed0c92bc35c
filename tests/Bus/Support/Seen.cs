using System.Collections.Concurrent;
using System.Threading.Channels;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>What handlers tell a test, in order.</summary>
internal sealed class Seen<T>
{
    private readonly ConcurrentQueue<T> _all = new();
    private readonly Channel<T> _channel = Channel.CreateUnbounded<T>();

    public IReadOnlyCollection<T> All => _all;

    public int Count => _all.Count;

    public void Add(T item)
    {
        _all.Enqueue(item);
        _channel.Writer.TryWrite(item);
    }

    /// <summary>The next one that was not given yet; waits for it.</summary>
    public async Task<T> Next()
    {
        using var limit = new CancellationTokenSource(Eventually.Limit);
        try
        {
            return await _channel.Reader.ReadAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new AssertionException($"Nothing more came. Seen: {string.Join(", ", _all)}");
        }
    }
}
