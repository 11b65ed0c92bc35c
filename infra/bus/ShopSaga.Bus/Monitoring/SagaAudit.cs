using System.Globalization;
using System.Text.Json;

namespace ShopSaga.Bus;

/// <summary>What a saga made of a message, as the message's audit copy says it.</summary>
internal sealed record SagaChange(Type SagaType, Guid SagaId, string Kind);

/// <summary>
/// Sends what a saga made of a message: its state afterwards, the message, and what it sent. It is sent when the saga has been stored, before the
/// transaction commits; a message that is processed again is reported again.
/// </summary>
internal sealed class SagaAudit(MonitoringQueue queue, string endpointName, TimeProvider time)
{
    private const string UpdatedType = "ServiceControl.EndpointPlugin.Messages.SagaState.SagaUpdatedMessage";

    /// <summary>Proves at start that the queue exists.</summary>
    public Task<bool> Probe(CancellationToken cancellationToken) => queue.Send(
        default,
        new Dictionary<string, string>
        {
            [Headers.ControlMessageHeader] = bool.TrueString,
            [Headers.MessageIntent] = "Send",
            [Headers.ReplyToAddress] = endpointName,
        },
        timeToLive: null,
        cancellationToken);

    public Invocation Begin(object message, MessageHandlerContext context) => new(this, message, context, time.GetUtcNow());

    private Task<bool> Send(SagaUpdatedMessage update, CancellationToken cancellationToken) => queue.Send(
        UpdatedType,
        update,
        new Dictionary<string, string> { [Headers.MessageIntent] = "Send", [Headers.ReplyToAddress] = endpointName },
        timeToLive: null,
        cancellationToken);

    /// <summary>One run of a saga.</summary>
    internal sealed class Invocation(SagaAudit audit, object message, MessageHandlerContext context, DateTimeOffset started)
    {
        private readonly int _sentBefore = context.Pending.Count;

        public Task<bool> Ended(Saga saga, bool isNew)
        {
            context.SagaChanges.Add(new SagaChange(saga.GetType(), saga.Entity.Id, saga.Completed ? "Completed" : isNew ? "New" : "Updated"));
            var headers = context.MessageHeaders;
            return audit.Send(
                new SagaUpdatedMessage(
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
                    [.. context.Pending.Skip(_sentBefore).Select(ResultOf)],
                    audit.Endpoint,
                    isNew,
                    saga.Completed,
                    started.UtcDateTime,
                    audit.Now,
                    saga.GetType().FullName!),
                context.CancellationToken);
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
    }

    private string Endpoint => endpointName;

    private DateTime Now => time.GetUtcNow().UtcDateTime;

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
