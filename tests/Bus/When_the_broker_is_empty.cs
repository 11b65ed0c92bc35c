using System.Net.Http.Json;
using RabbitMQ.Client;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Servers;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>As after a restore: the outboxes of the first services to start hold events for services that start later.</summary>
public class When_the_broker_is_empty
{
    private readonly string _name = $"empty-{Guid.NewGuid():n}";
    private HttpClient _management = null!;
    private string _address = null!;

    [SetUp]
    public async Task MakeBroker()
    {
        var broker = new UriBuilder(Servers.RabbitMq) { Path = _name };
        _address = broker.Uri.AbsoluteUri;
        _management = ManagementApi.Client(Servers.Management.AbsoluteUri);
        using var made = await _management.PutAsJsonAsync($"api/vhosts/{_name}", new { });
        using var permitted = await _management.PutAsJsonAsync(
            $"api/permissions/{_name}/{broker.UserName}", new { configure = ".*", write = ".*", read = ".*" });
        Assert.That(permitted.IsSuccessStatusCode, Is.True);
    }

    [TearDown]
    public async Task RemoveBroker()
    {
        using var removed = await _management.DeleteAsync($"api/vhosts/{_name}");
        _management.Dispose();
    }

    [Test]
    public async Task Should_keep_an_event_for_each_subscriber_that_has_not_started_yet()
    {
        await BrokerTopology.Create(_address, CancellationToken.None);
        await using var connection = await new ConnectionFactory { Uri = new Uri(_address) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));

        await channel.BasicPublishAsync(
            BrokerTopology.EventExchange(Topology.Find("Orders"), "OrderPlaced"), "", mandatory: true, new BasicProperties(), default);

        var subscribers = Topology.Services.Where(service => service.ReactsTo.Contains("OrderPlaced")).ToList();
        Assert.That(subscribers, Has.Count.EqualTo(3));
        foreach (var subscriber in subscribers)
        {
            Assert.That(await channel.BasicGetAsync(subscriber.Assembly, autoAck: true), Is.Not.Null, subscriber.Name);
        }
    }
}
