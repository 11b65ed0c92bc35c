using System.Data.Common;
using System.Globalization;
using RabbitMQ.Client;

namespace ShopSaga.Hosting.Monitoring;

/// <summary>
/// Reads a broker address in either form that the transport takes: <c>amqp://…</c> or <c>host=…;userName=…</c>. The bus refuses
/// others.
/// </summary>
internal static class BrokerAddress
{
    public static ConnectionFactory FactoryFor(string broker)
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
