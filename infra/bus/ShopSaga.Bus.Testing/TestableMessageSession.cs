namespace ShopSaga.Bus.Testing;

/// <summary>A session that records sent and published messages; none leaves.</summary>
public class TestableMessageSession : IMessageSession
{
    private readonly TestablePipelineContext _recorder = new();

    /// <summary>The messages sent so far.</summary>
    public virtual SentMessage<object>[] SentMessages => _recorder.SentMessages;

    /// <summary>The events published so far.</summary>
    public virtual PublishedMessage<object>[] PublishedMessages => _recorder.PublishedMessages;

    /// <inheritdoc />
    public virtual Task Send(object message, SendOptions options, CancellationToken cancellationToken = default) =>
        _recorder.Send(message, options);

    /// <inheritdoc />
    public virtual Task Publish(object message, PublishOptions options, CancellationToken cancellationToken = default) =>
        _recorder.Publish(message, options);
}
