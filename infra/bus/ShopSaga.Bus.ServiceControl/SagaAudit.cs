using System.Globalization;
using System.Text.Json;

namespace ShopSaga.Bus.ServiceControl;

/// <summary>
/// Sends a saga's work on a message: its state afterwards, the message, and the messages it sent. The report leaves when the saga has been
/// stored, before the transaction commits, which does not wait for it; a message that is processed again is reported again.
/// </summary>
internal sealed class SagaAudit(ServiceControlQueue queue, string endpointName, TimeProvider time)
{
    private const string UpdatedType = "ServiceControl.EndpointPlugin.Messages.SagaState.SagaUpdatedMessage";

    public Task Send(SagaReport report, CancellationToken cancellationToken)
    {
        var (saga, headers) = (report.Saga, report.Headers);
        var update = new SagaUpdatedMessage(
            JsonSerializer.Serialize(saga.Entity, saga.Entity.GetType()),
            saga.Entity.Id,
            new Initiator(
                report.MessageId,
                report.Message.GetType().FullName!,
                headers.ContainsKey(Headers.IsSagaTimeoutMessage),
                SentAt(headers),
                headers.GetValueOrDefault(Headers.OriginatingMachine),
                headers.GetValueOrDefault(Headers.OriginatingEndpoint),
                headers.GetValueOrDefault(Headers.MessageIntent)),
            [.. report.Sent.Select(ResultOf)],
            endpointName,
            report.IsNew,
            saga.Completed,
            report.Started.UtcDateTime,
            time.GetUtcNow().UtcDateTime,
            saga.GetType().FullName!);
        return queue.Send(UpdatedType, update, timeToLive: null, cancellationToken);
    }

    private static ResultingMessage ResultOf(OutgoingOperation sent) => new(
        MessageTypes.FullName(sent.Headers[Headers.EnclosedMessageTypes].Split(';', 2)[0]),
        SentAt(sent.Headers),
        sent.DeliverAt?.UtcDateTime,
        sent.Delay?.ToString("c", CultureInfo.InvariantCulture),
        sent.Destination,
        sent.MessageId,
        sent.Headers[Headers.MessageIntent]);

    private static DateTime SentAt(IReadOnlyDictionary<string, string> headers) =>
        WireTime.TryParse(headers.GetValueOrDefault(Headers.TimeSent), out var sent) ? sent.UtcDateTime : default;

    private sealed record SagaUpdatedMessage(
        string SagaState,
        Guid SagaId,
        Initiator Initiator,
        IReadOnlyList<ResultingMessage> ResultingMessages,
        string Endpoint,
        bool IsNew,
        bool IsCompleted,
        DateTime StartTime,
        DateTime FinishTime,
        string SagaType);

    private sealed record Initiator(
        string InitiatingMessageId,
        string MessageType,
        bool IsSagaTimeoutMessage,
        DateTime TimeSent,
        string? OriginatingMachine,
        string? OriginatingEndpoint,
        string? Intent);

    private sealed record ResultingMessage(
        string MessageType,
        DateTime TimeSent,
        DateTime? DeliveryAt,
        string? DeliveryDelay,
        string? Destination,
        string ResultingMessageId,
        string Intent);
}
