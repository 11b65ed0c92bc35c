using System.Text.Json;
using ShopSaga.Tests.Simulation.Faults;

namespace ShopSaga.Tests.Simulation.Shop;

/// <summary>A transport that tells the story of its deliveries, and has a built-in fault, if the test wants one.</summary>
internal sealed class ObservedTransport(string service, TransportDefinition transport, Story story, Func<Tampering?> tampering)
    : TransportDefinition
{
    internal override ITransport Create(TransportContext context) => new Observed(this, transport.Create(context));

    private static string Describe(IncomingMessage message)
    {
        var type = message.Headers.GetValueOrDefault(Headers.EnclosedMessageTypes, "control message")
            .Split(',', ';')[0].Split('.', '+')[^1];
        var about = "";
        if (!message.Body.IsEmpty)
        {
            using var body = JsonDocument.Parse(message.Body);
            foreach (var (name, what) in new[] { ("OrderId", "order"), ("PaymentId", "payment"), ("ProductId", "product") })
            {
                if (body.RootElement.TryGetProperty(name, out var id) && id.ValueKind == JsonValueKind.Number)
                {
                    about = $" of {what} {id}";
                    break;
                }
            }
        }

        return $"{type}{about}{(message.DeliveryAttempt > 1 ? $", delivery {message.DeliveryAttempt}" : "")}";
    }

    private sealed class Observed(ObservedTransport definition, ITransport inner) : ITransport
    {
        public Task Dispatch(IReadOnlyList<OutgoingOperation> operations, CancellationToken cancellationToken)
        {
            var change = definition.Tampering?.Sending;
            return inner.Dispatch(
                change is null ? operations : [.. operations.Select(change).OfType<OutgoingOperation>()], cancellationToken);
        }

        public Task Receive(IDeliveryTarget target, CancellationToken stop) => inner.Receive(new Target(definition, target), stop);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private Tampering? Tampering => tampering();

    private sealed class Target(ObservedTransport definition, IDeliveryTarget inner) : IDeliveryTarget
    {
        public void Enqueue(InFlightMessage delivery) => inner.Enqueue(delivery);

        public async Task Process(IReadOnlyList<InFlightMessage> group, CancellationToken stop, CancellationToken abort)
        {
            definition.Told(group);
            if (definition.Tampering?.Receiving is { } change)
            {
                group = [.. await Task.WhenAll(group.Select(change))];
            }

            await inner.Process(group, stop, abort);
        }
    }

    private void Told(IReadOnlyList<InFlightMessage> group)
    {
        foreach (var delivery in group)
        {
            story.Step($"{service} handles {Describe(delivery.Message)}");
        }
    }
}
