using System.Data.Common;
using System.Globalization;
using RabbitMQ.Client;

namespace ShopSaga.Bus;

/// <summary>Opens connections to the broker.</summary>
internal sealed class RabbitMqConnections
{
    private readonly ConnectionFactory _factory;
    private readonly string _endpointName;

    /// <exception cref="InvalidOperationException">The connection string cannot be read.</exception>
    public RabbitMqConnections(RabbitMQTransport transport, string endpointName)
    {
        Transport = transport;
        _endpointName = endpointName;
        _factory = Parse(transport.ConnectionString);

        // The dispatcher and the receiver reconnect by themselves, with a fresh topology; the client's own recovery restores only a part.
        _factory.AutomaticRecoveryEnabled = false;
        _factory.TopologyRecoveryEnabled = false;
        _factory.ClientProperties = new Dictionary<string, object?>
        {
            ["client_api"] = "ShopSaga.Bus",
            ["machine_name"] = Environment.MachineName,
            ["endpoint_name"] = endpointName,
        };
    }

    public RabbitMQTransport Transport { get; }

    /// <param name="purpose"><c>Publish</c>, or <c>MessagePump</c>; shown by the broker's tools.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IConnection> Open(string purpose, CancellationToken cancellationToken) =>
        _factory.CreateConnectionAsync($"{_endpointName} {purpose}", cancellationToken);

    internal static ConnectionFactory Parse(string text)
    {
        if (text.StartsWith("amqp", StringComparison.OrdinalIgnoreCase))
        {
            return Uri.TryCreate(text, UriKind.Absolute, out var uri)
                ? new ConnectionFactory { Uri = uri }
                : throw new InvalidOperationException("The broker's connection string is not a valid amqp:// URI.");
        }

        var parts = new DbConnectionStringBuilder { ConnectionString = text };
        string Part(string key, string fallback) => parts.TryGetValue(key, out var value) ? (string)value : fallback;
        var tls = bool.Parse(Part("useTls", bool.FalseString));
        var factory = new ConnectionFactory
        {
            HostName = parts.TryGetValue("host", out var host) && host is string name && !name.Contains(',', StringComparison.Ordinal)
                ? name
                : throw new InvalidOperationException(
                    "The broker's connection string names no single host: 'host=…;port=…;userName=…;password=…'."),
            Port = int.Parse(Part("port", tls ? "5671" : "5672"), CultureInfo.InvariantCulture),
            VirtualHost = Part("virtualHost", "/"),
            UserName = Part("userName", "guest"),
            Password = Part("password", "guest"),
        };
        factory.Ssl.Enabled = tls;
        factory.Ssl.ServerName = factory.HostName;
        return factory;
    }
}
