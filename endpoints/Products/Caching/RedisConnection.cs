using StackExchange.Redis;

namespace ShopSaga.Products.Caching;

/// <summary>The one connection to Redis. It is made at the first use and repairs itself; a Redis that is not there stops nothing.</summary>
internal sealed class RedisConnection : IDisposable
{
    private readonly Lazy<Task<ConnectionMultiplexer>> _connection;

    /// <exception cref="InvalidOperationException">The address cannot be read; the message says what to set.</exception>
    public RedisConnection(string address)
    {
        var options = Parse(address);
        options.AbortOnConnectFail = false;
        options.ConnectTimeout = 1000;
        options.ClientName = "ShopSaga.Products";
        _connection = new(() => ConnectionMultiplexer.ConnectAsync(options));
    }

    public async Task<IDatabase> Database() => (await _connection.Value).GetDatabase();

    public void Dispose()
    {
        if (_connection is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            _connection.Value.Result.Dispose();
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
