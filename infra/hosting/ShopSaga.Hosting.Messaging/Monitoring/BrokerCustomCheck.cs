using System.Data.Common;
using System.Globalization;
using RabbitMQ.Client;

namespace ShopSaga.Hosting.Monitoring;

/// <summary>The broker answers, and the endpoint's queue exists.</summary>
internal sealed class BrokerCustomCheck(MonitoredEndpoint endpoint, ServiceControl settings) : CustomCheck("broker answers", "Messaging", settings.CheckEvery)
{
    public override async Task<CheckResult> PerformCheck(CancellationToken cancellationToken = default)
    {
        await BrokerQueue.Depth(endpoint.Broker, endpoint.Name, cancellationToken);
        return CheckResult.Pass;
    }
}

/// <summary>Few messages wait in the error queue.</summary>
internal sealed class ErrorQueueCustomCheck(MonitoredEndpoint endpoint, ServiceControl settings)
    : CustomCheck("error queue is empty", "Messaging", settings.CheckEvery)
{
    public override async Task<CheckResult> PerformCheck(CancellationToken cancellationToken = default)
    {
        var failed = await BrokerQueue.Depth(endpoint.Broker, MonitoredEndpoint.ErrorQueue, cancellationToken);
        return failed <= settings.MostFailedMessages
            ? CheckResult.Pass
            : CheckResult.Failed($"{failed} messages wait in the queue {MonitoredEndpoint.ErrorQueue}.");
    }
}

/// <summary>Reads a queue's state over a connection of its own: AMQP closes the channel when the queue is missing.</summary>
internal static class BrokerQueue
{
    public static async Task<uint> Depth(string broker, string queue, CancellationToken cancellationToken)
    {
        await using var connection = await Factory(broker).CreateConnectionAsync($"{queue} check", cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        return await channel.MessageCountAsync(queue, cancellationToken);
    }

    private static ConnectionFactory Factory(string broker)
    {
        if (broker.StartsWith("amqp", StringComparison.OrdinalIgnoreCase))
        {
            return new ConnectionFactory { Uri = new Uri(broker) };
        }

        var parts = new DbConnectionStringBuilder { ConnectionString = broker };
        string Part(string key, string otherwise) => parts.TryGetValue(key, out var value) ? (string)value : otherwise;
        var factory = new ConnectionFactory
        {
            HostName = Part("host", "localhost"),
            Port = int.Parse(Part("port", "-1"), CultureInfo.InvariantCulture),
            VirtualHost = Part("virtualHost", "/"),
            UserName = Part("userName", "guest"),
            Password = Part("password", "guest"),
        };
        factory.Ssl.Enabled = bool.Parse(Part("useTls", bool.FalseString));
        factory.Ssl.ServerName = factory.HostName;
        return factory;
    }
}
