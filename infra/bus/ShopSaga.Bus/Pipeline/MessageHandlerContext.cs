namespace ShopSaga.Bus;

/// <summary>The context of one message's handlers. What they send waits in <see cref="Pending"/> for the commit.</summary>
internal sealed class MessageHandlerContext(
    IncomingMessage message,
    SqlStorageSession session,
    OutgoingMessages outgoing,
    Dispatch dispatch,
    ReceiveObserver.Attempt? attempt,
    List<Task> sagaReports,
    CancellationToken cancellationToken) : IMessageHandlerContext
{
    /// <summary>What was sent and published, in that order.</summary>
    public List<OutgoingOperation> Pending { get; } = [];

    /// <summary>What observes this attempt, if anybody does.</summary>
    public ReceiveObserver.Attempt? Attempt => attempt;

    /// <summary>What sagas made of the message, where that is audited.</summary>
    public List<SagaChange> SagaChanges { get; } = [];

    /// <summary>Reports of that which are on their way to ServiceControl.</summary>
    public List<Task> SagaReports => sagaReports;

    /// <summary>The saga whose handler runs, if any.</summary>
    public Saga? Saga { get; set; }

    public bool Stopped { get; private set; }

    public string MessageId => message.MessageId;

    public string ReplyToAddress => message.Headers.GetValueOrDefault(Headers.ReplyToAddress) ?? string.Empty;

    public IReadOnlyDictionary<string, string> MessageHeaders => message.Headers;

    public ISynchronizedStorageSession SynchronizedStorageSession => session;

    public SqlStorageSession Session => session;

    public CancellationToken CancellationToken => cancellationToken;

    public void DoNotContinueDispatchingCurrentMessageToHandlers() => Stopped = true;

    public Task Send(object message, SendOptions options) => Add(outgoing.Send(message, options, Cause), options);

    public Task Publish(object message, PublishOptions options) => Add(outgoing.Publish(message, options, Cause), options);

    public Task Reply(object message, ReplyOptions options) => Add(outgoing.Reply(message, options, Cause), options);

    private Cause Cause => new(message, Saga);

    private Task Add(OutgoingOperation operation, ExtendableOptions options)
    {
        if (options.ImmediateDispatch)
        {
            return dispatch([operation], cancellationToken);
        }

        Pending.Add(operation);
        return Task.CompletedTask;
    }
}

/// <summary>Hands operations to the broker; returns when it has confirmed all of them.</summary>
internal delegate Task Dispatch(IReadOnlyList<OutgoingOperation> operations, CancellationToken cancellationToken);
