namespace ShopSaga.Bus;

/// <summary>The context of one message's handlers. Messages they send wait in <see cref="Pending"/> for the commit.</summary>
internal sealed class MessageHandlerContext(
    IncomingMessage message,
    SqlStorageSession session,
    OutgoingMessages outgoing,
    ReceiveObserver.Attempt? attempt,
    CancellationToken cancellationToken)
    : IMessageHandlerContext
{
    /// <summary>The messages sent and published, in that order.</summary>
    public List<OutgoingOperation> Pending { get; } = [];

    /// <summary>The observed attempt; null without a listener.</summary>
    public ReceiveObserver.Attempt? Attempt => attempt;

    /// <summary>The changes of sagas, for the audit copy; empty unless sagas are audited.</summary>
    public List<SagaChange> SagaChanges { get; } = [];

    /// <summary>Reports of sagas that are in flight.</summary>
    public List<Task> SagaReports { get; } = [];

    /// <summary>The saga whose handler runs, if any.</summary>
    public Saga? Saga { get; set; }

    public string MessageId => message.MessageId;

    public string ReplyToAddress => message.Headers.GetValueOrDefault(Headers.ReplyToAddress) ?? string.Empty;

    public IReadOnlyDictionary<string, string> MessageHeaders => message.Headers;

    public ISynchronizedStorageSession SynchronizedStorageSession => session;

    public SqlStorageSession Session => session;

    public CancellationToken CancellationToken => cancellationToken;

    private Cause Cause => new(message, Saga);

    public Task Send(object message, SendOptions options) => Add(outgoing.Send(message, options, Cause));

    public Task Publish(object message, PublishOptions options) => Add(outgoing.Publish(message, options, Cause));

    public Task Reply(object message, ReplyOptions options) => Add(outgoing.Reply(message, options, Cause));

    private Task Add(OutgoingOperation operation)
    {
        Pending.Add(operation);
        return Task.CompletedTask;
    }
}

/// <summary>A saga's change by a message, as the message's audit copy names it.</summary>
internal sealed record SagaChange(Type SagaType, Guid SagaId, string Kind);
