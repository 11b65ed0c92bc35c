using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Testing;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using ShopSaga.Hosting.Monitoring;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Hosting;

internal sealed class When_messages_wait_in_the_error_queue
{
    private readonly string _name = $"test_errors_{Guid.NewGuid():N}";

    [TearDown]
    public Task Drop() => TestServers.DropBroker(_name);

    [Test]
    public async Task Should_pass_the_check_while_something_reads_them_and_say_when_nothing_does()
    {
        var broker = await TestServers.CreateBroker(_name);
        await using var connection = await new ConnectionFactory { Uri = new Uri(broker) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        await channel.QueueDeclareAsync("error", durable: true, exclusive: false, autoDelete: false);
        var log = new FakeLogger<ErrorQueueCustomCheck>();
        var check = new ErrorQueueCustomCheck(
            new MonitoredEndpoint("ShopSaga.Orders", broker), ReportingSettings.From(new ConfigurationBuilder().Build()), log);
        Assert.That((await check.PerformCheck()).HasFailed, Is.False, "empty");
        Assert.That(log.LatestRecord.Message, Does.StartWith("Nothing reads the queue error"));

        await channel.BasicPublishAsync("", "error", mandatory: true, "failed"u8.ToArray());
        var unread = await check.PerformCheck();
        Assert.That(unread.HasFailed);
        Assert.That(unread.FailureReason, Does.Contain("Nothing reads").And.Contains("1 failed"));

        // Takes the message and has not acknowledged it, as ServiceControl during an import; another one arrives.
        await channel.BasicQosAsync(0, 1, global: false);
        await channel.BasicConsumeAsync("error", autoAck: false, new AsyncEventingBasicConsumer(channel));
        await channel.BasicPublishAsync("", "error", mandatory: true, "failed"u8.ToArray());
        Assert.That((await check.PerformCheck()).HasFailed, Is.False, "is read");
        Assert.That(log.Collector.Count, Is.EqualTo(1), "said once");
    }
}
