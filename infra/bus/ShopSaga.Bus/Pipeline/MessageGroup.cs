namespace ShopSaga.Bus;

/// <summary>Messages that are processed in one transaction, and the results of this one attempt.</summary>
internal sealed class MessageGroup(IReadOnlyList<IncomingMessage> messages, bool isPatient)
{
    public IReadOnlyList<IncomingMessage> Messages => messages;

    /// <summary>Whether the transaction may wait for locks as long as the database's settings say, instead of a second.</summary>
    public bool IsPatient => isPatient;

    /// <summary>The message whose handlers run; null before the first and after the last.</summary>
    public IncomingMessage? Current { get; set; }

    /// <summary>Ids of committed records whose operations are to be dispatched.</summary>
    public List<string> Undispatched { get; } = [];

    /// <summary>The operations of those records.</summary>
    public List<OutgoingOperation> Operations { get; } = [];

    /// <summary>The observed attempts; empty without a listener.</summary>
    public List<ReceiveObserver.Attempt> Attempts { get; } = [];

    /// <summary>Reports of sagas that are in flight.</summary>
    public List<Task> SagaReports { get; } = [];
}
