namespace ShopSaga.Tests.Bus.Support;

/// <summary>The real broker.</summary>
internal sealed class RabbitMq : ITestBroker
{
    public static ITestBroker Instance { get; } = new RabbitMq();

    public void Configure(EndpointConfiguration endpoint) =>
        endpoint.UseTransport(new RabbitMQTransport(RoutingTopology.Conventional(QueueType.Quorum), Servers.RabbitMq)
        {
            NetworkRecoveryInterval = TimeSpan.FromMilliseconds(200),
        });

    public Task Send<TMessage>(string endpoint, TMessage message, string? messageId = null) => Broker.Send(endpoint, message, messageId);

    public async Task<long> Depth(string queue) => await Broker.Depth(queue);

    public async Task<IReadOnlyDictionary<string, string>> Take(string queue) => (await Broker.Take(queue)).Headers;

    public Task Delete(params string[] queues) => Broker.Delete(queues);
}
