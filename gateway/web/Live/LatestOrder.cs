using ShopSaga.Hosting;
using StackExchange.Redis;

namespace ShopSaga.Web.Live;

/// <summary>
/// Tells the front page of a local run which order to follow: the last one that was placed or cancelled on a page of any instance. While
/// Redis is away, it follows none.
/// </summary>
internal sealed class LatestOrder(RedisConnection redis)
{
    private static readonly RedisChannel Channel = RedisChannel.Literal("ShopSaga.Web.latest-order");

    public Task Follow(long id) => Try(async subscriber => await subscriber.PublishAsync(Channel, id, CommandFlags.FireAndForget));

    /// <returns>Ends when it is unsubscribed; null while Redis is away.</returns>
    public async Task<ChannelMessageQueue?> Listen(Action<long> follow)
    {
        var orders = await Try(subscriber => subscriber.SubscribeAsync(Channel));
        orders?.OnMessage(order => follow((long)order.Message));
        return orders;
    }

    private async Task<T?> Try<T>(Func<ISubscriber, Task<T>> step)
    {
        try
        {
            return await step(await redis.Subscriber());
        }
        catch (Exception away) when (away is RedisException or RedisTimeoutException)
        {
            return default;
        }
    }
}
