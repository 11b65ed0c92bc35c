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

    private static ConfigurationOptions Parse(string address)
    {
        try
        {
            var options = ConfigurationOptions.Parse(address);
            return options.EndPoints.Count > 0 ? options : throw new ArgumentException("It names no host.", nameof(address));
        }
        catch (Exception failure) when (failure is ArgumentException or FormatException)
        {
            throw new InvalidOperationException(
                $"Configuration 'ConnectionStrings:Redis' is '{address}', which is no address. Set ConnectionStrings__Redis to host:port.",
                failure);
        }
    }
}
