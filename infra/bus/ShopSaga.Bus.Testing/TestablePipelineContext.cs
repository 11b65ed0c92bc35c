using System.Collections.Concurrent;

namespace ShopSaga.Bus.Testing;

/// <summary>Records sent and published messages; none leaves.</summary>
public class TestablePipelineContext : IPipelineContext
{
    private readonly ConcurrentQueue<SentMessage<object>> _sent = new();
    private readonly ConcurrentQueue<PublishedMessage<object>> _published = new();
    private readonly ConcurrentQueue<TimeoutMessage<object>> _timeouts = new();

    /// <summary>The messages sent so far, timeouts included.</summary>
    public virtual SentMessage<object>[] SentMessages => [.. _sent];

    /// <summary>The events published so far.</summary>
    public virtual PublishedMessage<object>[] PublishedMessages => [.. _published];

    /// <summary>The timeouts requested so far.</summary>
    public virtual TimeoutMessage<object>[] TimeoutMessages => [.. _timeouts];

    /// <inheritdoc />
    public CancellationToken CancellationToken { get; set; }

    /// <inheritdoc />
    public virtual Task Send(object message, SendOptions options)
    {
        if (options.GetHeaders().ContainsKey(Headers.IsSagaTimeoutMessage))
        {
            _timeouts.Enqueue(new TimeoutMessage<object>(message, options));
        }

        _sent.Enqueue(new SentMessage<object>(message, options));
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public virtual Task Publish(object message, PublishOptions options)
    {
        _published.Enqueue(new PublishedMessage<object>(message, options));
        return Task.CompletedTask;
    }
}
