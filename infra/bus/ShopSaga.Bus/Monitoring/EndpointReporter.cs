namespace ShopSaga.Bus;

/// <summary>
/// Tells a monitoring system of the endpoint and its messages (ShopSaga.Bus.ServiceControl does). It never fails a message.
/// </summary>
internal interface IEndpointReporter : IAsyncDisposable
{
    /// <summary>Whether each message that a saga handled is to be reported.</summary>
    bool WantsSagas { get; }

    /// <summary>Reports until cancelled.</summary>
    Task Run(CancellationToken cancellationToken);

    void Processed(IncomingMessage message, DateTimeOffset now, TimeSpan processing, TimeSpan? critical);

    void Retried(IncomingMessage message, DateTimeOffset now);

    /// <summary>Sends a report of a saga's work on a message; the transaction does not wait for it.</summary>
    Task SagaStored(SagaReport report, CancellationToken cancellationToken);
}

/// <summary>A saga's work on one message: its state afterwards, the message, and the messages it sent.</summary>
internal sealed record SagaReport(
    Saga Saga,
    bool IsNew,
    object Message,
    string MessageId,
    IReadOnlyDictionary<string, string> Headers,
    IReadOnlyList<OutgoingOperation> Sent,
    DateTimeOffset Started);
