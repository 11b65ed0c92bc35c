using System.Collections.Concurrent;

namespace ShopSaga.Bus.Testing;

/// <summary>The context for a test of a handler; records sent and published messages, and replies.</summary>
public class TestableMessageHandlerContext : TestablePipelineContext, IMessageHandlerContext
{
    private readonly ConcurrentQueue<RepliedMessage<object>> _replied = new();

    /// <inheritdoc />
    public string MessageId { get; set; } = Guid.NewGuid().ToString();

    /// <inheritdoc />
    public string ReplyToAddress { get; set; } = "reply address";

    /// <summary>Headers by name.</summary>
    public IDictionary<string, string> MessageHeaders { get; set; } = new Dictionary<string, string>();

    /// <summary>The handler's transaction; null unless the test sets it.</summary>
    public ISynchronizedStorageSession SynchronizedStorageSession { get; set; } = null!;

    /// <summary>The replies so far.</summary>
    public virtual RepliedMessage<object>[] RepliedMessages => [.. _replied];

    IReadOnlyDictionary<string, string> IMessageProcessingContext.MessageHeaders => MessageHeaders.AsReadOnly();

    /// <inheritdoc />
    public virtual Task Reply(object message, ReplyOptions options)
    {
        _replied.Enqueue(new RepliedMessage<object>(message, options));
        return Task.CompletedTask;
    }
}
