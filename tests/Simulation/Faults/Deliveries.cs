using System.Text;
using System.Text.Json.Nodes;

namespace ShopSaga.Tests.Simulation.Faults;

/// <summary>Ways to treat a delivery wrongly.</summary>
internal static class Deliveries
{
    public static async Task<InFlightMessage> AcknowledgedAtOnce(InFlightMessage delivery)
    {
        await delivery.Acknowledge();
        return delivery;
    }

    /// <summary>Another id, so that the inbox does not know the message when it comes again.</summary>
    public static Task<InFlightMessage> WithAnotherId(InFlightMessage delivery) => Task.FromResult<InFlightMessage>(
        new Changed(delivery, delivery.Message.Body, Guid.NewGuid().ToString()));

    public static Task<InFlightMessage> WithTheIdOfTheConversation(InFlightMessage delivery) => Task.FromResult<InFlightMessage>(
        new Changed(delivery, delivery.Message.Body, delivery.Message.Headers[Headers.ConversationId]));

    /// <summary>As if the event were younger than all that came before.</summary>
    public static Func<InFlightMessage, Task<InFlightMessage>> AsTheYoungest(string property)
    {
        var version = 1000L;
        return delivery =>
        {
            var message = delivery.Message;
            if (message.Body.IsEmpty || JsonNode.Parse(message.Body.Span) is not JsonObject body || !body.ContainsKey(property))
            {
                return Task.FromResult(delivery);
            }

            body[property] = Interlocked.Increment(ref version);
            return Task.FromResult<InFlightMessage>(
                new Changed(delivery, Encoding.UTF8.GetBytes(body.ToJsonString()), message.MessageId));
        };
    }

    public static bool Carries(this OutgoingOperation operation, string type) =>
        operation.Headers.GetValueOrDefault(Headers.EnclosedMessageTypes, "").Contains(type, StringComparison.Ordinal);

    private sealed class Changed(InFlightMessage inner, ReadOnlyMemory<byte> body, string id) : InFlightMessage(new IncomingMessage
    {
        NativeId = inner.Message.NativeId,
        MessageId = id,
        Headers = new Dictionary<string, string>(inner.Message.Headers) { [Headers.MessageId] = id },
        Body = body,
        DeliveryAttempt = inner.Message.DeliveryAttempt,
    })
    {
        public override bool IsAlive => inner.IsAlive;

        public override ValueTask Acknowledge() => inner.Acknowledge();

        public override ValueTask Requeue() => inner.Requeue();

        public override Task ForwardToErrorQueue() => inner.ForwardToErrorQueue();
    }
}
