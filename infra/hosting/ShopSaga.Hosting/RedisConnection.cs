using System.Net;
using StackExchange.Redis;

namespace ShopSaga.Hosting;

/// <summary>The one connection of a service to Redis. It is begun here and repairs itself; a Redis that is not there stops nothing.</summary>
public sealed class RedisConnection : IDisposable
{
    private readonly Task<ConnectionMultiplexer> _connection;

    /// <exception cref="InvalidOperationException">The address cannot be read; the message says what to set.</exception>
    public RedisConnection(string address)
    {
        var options = Parse(address);
        options.AbortOnConnectFail = false;
        options.ConnectTimeout = 1000;
        options.ClientName = AppDomain.CurrentDomain.FriendlyName;
        _connection = ConnectionMultiplexer.ConnectAsync(options);
    }

    /// <summary>To read and write.</summary>
    public async Task<IDatabase> Database() => (await _connection).GetDatabase();

    /// <summary>To publish and to hear what is published.</summary>
    public async Task<ISubscriber> Subscriber() => (await _connection).GetSubscriber();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_connection.IsCompletedSuccessfully)
        {
            _connection.Result.Dispose();
        }
    }

    /// <summary>What cannot be read may have a password anywhere in it, and is not repeated.</summary>
    private static ConfigurationOptions Parse(string address)
    {
        try
        {
            var options = ConfigurationOptions.Parse(address);
            if (options.EndPoints.Count > 0 && options.EndPoints.All(point => point is not DnsEndPoint host || Uri.CheckHostName(host.Host) != UriHostNameType.Unknown))
            {
                return options;
            }
        }
        catch (Exception failure) when (failure is ArgumentException or FormatException)
        {
            // Refused below.
        }

        throw new InvalidOperationException(
            "Configuration 'ConnectionStrings:Redis' is no address. Set ConnectionStrings__Redis to host:port, or to host:port,password=… with options that "
            + "StackExchange.Redis knows.");
    }
}
