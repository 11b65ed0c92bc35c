using System.Text.Json;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>A broker in memory. Where it is driven, the receivers' processes die as it says.</summary>
internal sealed class InMemory(InMemoryBroker broker) : ITestBroker
{
    public InMemoryBroker Broker => broker;

    public void Configure(EndpointConfiguration endpoint)
    {
        endpoint.UseTransport(broker.NewTransport());
        if (broker.IsDriven)
        {
            endpoint.AtCrashPoint = broker.AtCrashPoint;
        }
    }

    public Task Send<TMessage>(string endpoint, TMessage message, string? messageId = null)
    {
        var id = messageId ?? Guid.NewGuid().ToString();
        broker.Store(new OutgoingOperation
        {
            MessageId = id,
            Headers = new Dictionary<string, string>
            {
                [Headers.MessageId] = id,
                [Headers.MessageIntent] = "Send",
                [Headers.ConversationId] = Guid.NewGuid().ToString(),
                [Headers.ContentType] = "application/json",
                [Headers.EnclosedMessageTypes] = typeof(TMessage).AssemblyQualifiedName!,
            },
            Body = JsonSerializer.SerializeToUtf8Bytes(message),
            Destination = endpoint,
        });
        return Task.CompletedTask;
    }

    public Task<long> Depth(string queue) => Task.FromResult((long)broker.Depth(queue));

    public async Task<IReadOnlyDictionary<string, string>> Take(string queue) =>
        (await Eventually.Get(
            () => Task.FromResult(broker.Take(queue).Message), message => message is not null, $"a message in {queue}"))!.Headers;

    /// <summary>Queues go with their broker.</summary>
    public Task Delete(params string[] queues) => Task.CompletedTask;
}
