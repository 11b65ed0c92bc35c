using System.Globalization;
using System.Threading.Channels;
using Npgsql;
using ShopSaga.Hosting;
using StackExchange.Redis;

namespace ShopSaga.Orders.Following;

/// <summary>
/// Tells whoever watches an order of each status that it takes, whichever instance of the service moved it.
/// <code>
///   handler or request ─ OrderSignals ─┬──────────────────────────► due ─► one query for all that is due ─► watches
///                                      └─► Redis ─► other instances ─►
/// </code>
/// <list type="number">
/// <item>A signal only says where to look; the database is the truth. An instance has one subscription, and drops signals of orders that
/// nobody watches there.</item>
/// <item>A signal may come before its commit. What was announced is looked for until it is there, a second or so: a transaction that was
/// rolled back is tried again, and signals again.</item>
/// <item>Signals get lost when Redis is away. So all watched orders are looked at from time to time, by one query; more often without Redis.</item>
/// </list>
/// </summary>
internal sealed class LiveOrders : BackgroundService
{
    private static readonly RedisChannel Topic = RedisChannel.Literal("ShopSaga.Orders.changes");
    private const int MostLooks = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LookAtAll = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookAtAllWithoutRedis = TimeSpan.FromSeconds(1);

    private readonly RedisConnection _redis;
    private readonly NpgsqlDataSource _database;
    private readonly TimeProvider _time;
    private readonly ILogger<LiveOrders> _logger;
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Watched> _watched = [];
    private readonly Dictionary<long, int> _due = [];
    private readonly SemaphoreSlim _signal = new(0);
    private ISubscriber? _subscriber;
    private bool _isSubscribed;
    private DateTimeOffset _lookedAtAll;

    public LiveOrders(OrderSignals signals, RedisConnection redis, NpgsqlDataSource database, TimeProvider time, ILogger<LiveOrders> logger)
    {
        (_redis, _database, _time, _logger) = (redis, database, time, logger);
        signals.Sent += (orderId, change) =>
        {
            Hear(orderId, change);
            Publish(orderId, change);
        };
    }

    /// <summary>
    /// Every change that is committed after this call comes out of the watch, and maybe some from before. So: watch, then read what there is
    /// already.
    /// </summary>
    public Watch Watch(long orderId)
    {
        var watch = new Watch(this, orderId);
        lock (_lock)
        {
            if (!_watched.TryGetValue(orderId, out var watched))
            {
                _watched.Add(orderId, watched = new Watched());
            }

            watched.Watches.Add(watch);
        }

        return watch;
    }

    public override void Dispose()
    {
        _signal.Dispose();
        base.Dispose();
    }

    internal void Forget(Watch watch)
    {
        lock (_lock)
        {
            var watched = _watched[watch.OrderId];
            watched.Watches.Remove(watch);
            if (watched.Watches.Count == 0)
            {
                _watched.Remove(watch.OrderId);
                _due.Remove(watch.OrderId);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Subscribe();
                await Look(stoppingToken);
                await _signal.WaitAsync(UntilTheNextLook(), stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                _logger.LogWarning(LogEvents.OrdersNotFollowed, "Changes of orders reach those who follow them later: {Reason}", failure.Message);
                await Task.Delay(LookAtAllWithoutRedis, _time, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Hear(long orderId, int change)
    {
        lock (_lock)
        {
            if (!_watched.TryGetValue(orderId, out var watched) || change <= watched.Known)
            {
                return;
            }

            watched.Announced = Math.Max(watched.Announced, change);
            _due[orderId] = 0;
            if (_signal.CurrentCount == 0)
            {
                _signal.Release();
            }
        }
    }

    private void Hear(RedisValue message)
    {
        if (((string)message!).Split(' ') is [var order, var change]
            && long.TryParse(order, NumberStyles.None, CultureInfo.InvariantCulture, out var orderId)
            && int.TryParse(change, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            Hear(orderId, number);
        }
    }

    private void Publish(long orderId, int change)
    {
        try
        {
            // Nobody waits for it.
            _subscriber?.PublishAsync(Topic, string.Create(CultureInfo.InvariantCulture, $"{orderId} {change}"), CommandFlags.FireAndForget);
        }
        catch (RedisException failure)
        {
            // Other instances find the change by polling.
            _logger.LogDebug(LogEvents.OrdersNotFollowed, failure, "Redis did not take a signal");
        }
    }

    /// <summary>Once subscribed, the connection repairs itself and its subscription.</summary>
    private async Task Subscribe()
    {
        if (_subscriber is null)
        {
            var subscriber = await _redis.Subscriber();
            await subscriber.SubscribeAsync(Topic, (_, message) => Hear(message));
            _subscriber = subscriber;
        }

        var isSubscribed = _subscriber.SubscribedEndpoint(Topic) is not null;
        if (isSubscribed && !_isSubscribed)
        {
            // What was said meanwhile was not heard.
            _lookedAtAll = default;
        }

        _isSubscribed = isSubscribed;
    }

    private TimeSpan UntilTheNextLook()
    {
        lock (_lock)
        {
            return _due.Count > 0 ? Pause : LookAtAllWithoutRedis;
        }
    }

    private async Task Look(CancellationToken cancellationToken)
    {
        var orders = OrdersToLookAt();
        if (orders.Count == 0)
        {
            return;
        }

        var changes = await OrderChange.Since(_database, orders, cancellationToken);
        lock (_lock)
        {
            foreach (var change in changes)
            {
                if (_watched.TryGetValue(change.OrderId, out var watched))
                {
                    watched.Tell(change);
                }
            }

            foreach (var (orderId, looks) in _due.ToList())
            {
                if (_watched[orderId].HasAllAnnounced || looks == MostLooks)
                {
                    _due.Remove(orderId);
                }
                else
                {
                    _due[orderId] = looks + 1;
                }
            }
        }
    }

    private List<(long OrderId, int Known)> OrdersToLookAt()
    {
        var now = _time.GetUtcNow();
        lock (_lock)
        {
            if (now - _lookedAtAll < (_isSubscribed ? LookAtAll : LookAtAllWithoutRedis))
            {
                return [.. _due.Keys.Select(orderId => (orderId, _watched[orderId].Known))];
            }

            _lookedAtAll = now;
            return [.. _watched.Select(watched => (watched.Key, watched.Value.Known))];
        }
    }

    /// <summary>What all watches of an order have in common.</summary>
    private sealed class Watched
    {
        public List<Watch> Watches { get; } = [];

        public int Known { get; private set; }

        public int Announced { get; set; }

        public bool HasAllAnnounced => Known >= Announced;

        public void Tell(OrderChange change)
        {
            if (change.Number > Known)
            {
                Known = change.Number;
                Watches.ForEach(watch => watch.Tell(change));
            }
        }
    }
}

/// <summary>Somebody's look at an order, until disposed.</summary>
internal sealed class Watch(LiveOrders orders, long orderId) : IDisposable
{
    // As many changes as a status can take; nobody who does not read costs more.
    private readonly Channel<OrderChange> _changes = Channel.CreateUnbounded<OrderChange>();

    public long OrderId => orderId;

    public ChannelReader<OrderChange> Changes => _changes.Reader;

    public void Tell(OrderChange change) => _changes.Writer.TryWrite(change);

    public void Dispose() => orders.Forget(this);
}
