using System.Net;
using StackExchange.Redis;

namespace ShopSaga.Hosting;

/// <summary>
/// The connection of a service to Redis. It reconnects by itself, and a Redis that is unavailable does not stop the start.
/// </summary>
public sealed class RedisConnection : IDisposable
{
    private readonly Task<ConnectionMultiplexer> _connection;

    /// <exception cref="InvalidOperationException">The address is invalid; the message says what to set.</exception>
    public RedisConnection(string address)
    {
        var options = Parse(address);
        options.AbortOnConnectFail = false;
        options.ConnectTimeout = 1000;
        options.ClientName = AppDomain.CurrentDomain.FriendlyName;
        _connection = ConnectionMultiplexer.ConnectAsync(options);
    }

    /// <summary>For commands.</summary>
    public async Task<IDatabase> Database() => (await _connection).GetDatabase();

    /// <summary>For publish and subscribe.</summary>
    public async Task<ISubscriber> Subscriber() => (await _connection).GetSubscriber();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_connection.IsCompletedSuccessfully)
        {
            _connection.Result.Dispose();
        }
    }

    /// <summary>Error messages do not repeat an invalid address: it may contain a password anywhere.</summary>
    private static ConfigurationOptions Parse(string address)
    {
        try
        {
            var options = ConfigurationOptions.Parse(address);
            if (options.EndPoints.Count > 0 && options.EndPoints.All(point => point is not DnsEndPoint host
                || Uri.CheckHostName(host.Host) != UriHostNameType.Unknown))
            {
                return options;
            }
        }
        catch (Exception failure) when (failure is ArgumentException or FormatException)
        {
            // Refused below.
        }

        throw new InvalidOperationException(
            "Configuration 'ConnectionStrings:Redis' is not an address. Set ConnectionStrings__Redis to host:port, or to "
            + "host:port,password=… with options of StackExchange.Redis.");
    }
}
