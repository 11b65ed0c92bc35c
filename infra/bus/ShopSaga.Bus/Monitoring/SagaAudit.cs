using System.Globalization;
using System.Text.Json;

namespace ShopSaga.Bus;

/// <summary>What a saga made of a message, as the message's audit copy says it.</summary>
internal sealed record SagaChange(Type SagaType, Guid SagaId, string Kind);

/// <summary>
/// Sends what a saga made of a message: its state afterwards, the message, and what it sent. It leaves when the saga has been stored, before the
/// transaction commits, which does not wait for it; a message that is processed again is reported again.
/// </summary>
internal sealed class SagaAudit(MonitoringQueue queue, string endpointName, TimeProvider time)
{
    private const string UpdatedType = "ServiceControl.EndpointPlugin.Messages.SagaState.SagaUpdatedMessage";

    /// <param name="saga">The saga, after its handler.</param>
    /// <param name="isNew">Whether the message started it.</param>
    /// <param name="message">The message.</param>
    /// <param name="context">The message's context.</param>
    /// <param name="started">When the handler began.</param>
    /// <param name="sentBefore">How many messages had been sent by then.</param>
    public void Report(Saga saga, bool isNew, object message, MessageHandlerContext context, DateTimeOffset started, int sentBefore)
    {
        context.SagaChanges.Add(new SagaChange(saga.GetType(), saga.Entity.Id, saga.Completed ? "Completed" : isNew ? "New" : "Updated"));
        var headers = context.MessageHeaders;
        var update = new SagaUpdatedMessage(
            JsonSerializer.Serialize(saga.Entity, saga.Entity.GetType()),
            saga.Entity.Id,
            new Initiator(
                context.MessageId,
                message.GetType().FullName!,
                headers.ContainsKey(Headers.IsSagaTimeoutMessage),
                SentAt(headers),
                headers.GetValueOrDefault(Headers.OriginatingMachine),
                headers.GetValueOrDefault(Headers.OriginatingEndpoint),
                headers.GetValueOrDefault(Headers.MessageIntent)),
            [.. context.Pending.Skip(sentBefore).Select(ResultOf)],
            endpointName,
            isNew,
            saga.Completed,
            started.UtcDateTime,
            time.GetUtcNow().UtcDateTime,
            saga.GetType().FullName!);
        context.SagaReports.Add(queue.Send(UpdatedType, update, timeToLive: null, context.CancellationToken));
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
        string MessageType, DateTime TimeSent, DateTime? DeliveryAt, string? DeliveryDelay, string? Destination, string ResultingMessageId, string Intent);
}
