using System.Globalization;
using Npgsql;
using ShopSaga.Hosting;
using ShopSaga.Orders.Lifecycle;
using StackExchange.Redis;

namespace ShopSaga.Orders.Tracking;

/// <summary>
/// Hands each status change of an order to the subscribers of the order, also if another instance of the service made the change.
/// <code>
///   handler or request ─ StatusNotifications ─┬──────────────────────────► notified ─► one query for all these ─► subscriptions
///                                             └─► Redis ─► other instances ─►
/// </code>
/// <list type="number">
/// <item>A notification only says where to look; the database is the truth. An instance subscribes to Redis once, for all orders, and drops
/// notifications of orders that it does not track.</item>
/// <item>A notification may come before its commit. So the tracker polls for a notified change up to 20 times, 10 ms apart. After a
/// rollback the change never comes; the retry notifies again.</item>
/// <item>Notifications get lost while Redis is away. So all tracked orders are polled from time to time, by one query; more often without
/// Redis.</item>
/// </list>
/// </summary>
internal sealed class OrderTracker : BackgroundService
{
    private const int MaxPollsForNotified = 20;
    private static readonly RedisChannel Channel = RedisChannel.Literal("ShopSaga.Orders.changes");
    private static readonly TimeSpan PollPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan FullPollInterval = TimeSpan.FromSeconds(10);

    /// <summary>The longest wait for a notification, after a failure, and between full polls while Redis is away.</summary>
    private static readonly TimeSpan MaxIdle = TimeSpan.FromSeconds(1);

    private readonly RedisConnection _redis;
    private readonly NpgsqlDataSource _database;
    private readonly TimeProvider _time;
    private readonly ILogger<OrderTracker> _logger;
    private readonly Lock _lock = new();
    private readonly Dictionary<long, TrackedOrder> _tracked = [];
    private readonly Dictionary<long, int> _pollsOfNotified = [];
    private readonly SemaphoreSlim _notified = new(0);
    private ISubscriber? _subscriber;
    private bool _isSubscribed;
    private DateTimeOffset _lastFullPoll;

    public OrderTracker(
        StatusNotifications notifications,
        RedisConnection redis,
        NpgsqlDataSource database,
        TimeProvider time,
        ILogger<OrderTracker> logger)
    {
        (_redis, _database, _time, _logger) = (redis, database, time, logger);
        notifications.StatusChanging += (orderId, changeNumber) =>
        {
            MarkNotified(orderId, changeNumber);
            NotifyOtherInstances(orderId, changeNumber);
        };
    }

    /// <summary>
    /// Subscribes to an order. Every change that commits after this call reaches the subscription; some from before may, too. So: subscribe
    /// first, then read the changes so far.
    /// </summary>
    public OrderSubscription Subscribe(long orderId)
    {
        var subscription = new OrderSubscription(this, orderId);
        lock (_lock)
        {
            if (!_tracked.TryGetValue(orderId, out var tracked))
            {
                _tracked.Add(orderId, tracked = new TrackedOrder());
            }

            tracked.Subscriptions.Add(subscription);
        }

        return subscription;
    }

    public override void Dispose()
    {
        _notified.Dispose();
        base.Dispose();
    }

    internal void Unsubscribe(OrderSubscription subscription)
    {
        lock (_lock)
        {
            var tracked = _tracked[subscription.OrderId];
            tracked.Subscriptions.Remove(subscription);
            if (tracked.Subscriptions.Count == 0)
            {
                _tracked.Remove(subscription.OrderId);
                _pollsOfNotified.Remove(subscription.OrderId);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await SubscribeToOtherInstances();
                await Poll(stoppingToken);
                await _notified.WaitAsync(UntilNextPoll(), stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                _logger.LogWarning(LogEvents.OrdersNotFollowed, "Subscribers hear of status changes late: {Reason}", failure.Message);
                await Task.Delay(MaxIdle, _time, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void MarkNotified(long orderId, int changeNumber)
    {
        lock (_lock)
        {
            if (!_tracked.TryGetValue(orderId, out var tracked) || changeNumber <= tracked.LastKnown)
            {
                return;
            }

            tracked.LastNotified = Math.Max(tracked.LastNotified, changeNumber);
            _pollsOfNotified[orderId] = 0;
            if (_notified.CurrentCount == 0)
            {
                _notified.Release();
            }
        }
    }

    private void MarkNotified(RedisValue message)
    {
        if (((string)message!).Split(' ') is [var order, var change]
            && long.TryParse(order, NumberStyles.None, CultureInfo.InvariantCulture, out var orderId)
            && int.TryParse(change, NumberStyles.None, CultureInfo.InvariantCulture, out var changeNumber))
        {
            MarkNotified(orderId, changeNumber);
        }
    }

    private void NotifyOtherInstances(long orderId, int changeNumber)
    {
        try
        {
            // Not awaited: a handler must not wait for Redis, and the other instances poll anyway.
            _subscriber?.PublishAsync(
                Channel, string.Create(CultureInfo.InvariantCulture, $"{orderId} {changeNumber}"), CommandFlags.FireAndForget);
        }
        catch (RedisException failure)
        {
            _logger.LogDebug(LogEvents.OrdersNotFollowed, failure, "Redis did not take a notification");
        }
    }

    /// <summary>
    /// Subscribes once, without waiting for Redis: StackExchange.Redis makes the subscription when it connects, and restores it by itself.
    /// </summary>
    private async Task SubscribeToOtherInstances()
    {
        if (_subscriber is null)
        {
            var subscriber = await _redis.Subscriber();
            await subscriber.SubscribeAsync(Channel, (_, message) => MarkNotified(message), CommandFlags.FireAndForget);
            _subscriber = subscriber;
        }

        var isSubscribed = _subscriber.SubscribedEndpoint(Channel) is not null;
        if (isSubscribed && !_isSubscribed)
        {
            // Notifications sent while there was no subscription are lost.
            _lastFullPoll = default;
        }

        _isSubscribed = isSubscribed;
    }

    private TimeSpan UntilNextPoll()
    {
        lock (_lock)
        {
            return _pollsOfNotified.Count > 0 ? PollPause : MaxIdle;
        }
    }

    private async Task Poll(CancellationToken cancellationToken)
    {
        var orders = OrdersToPoll();
        if (orders.Count == 0)
        {
            return;
        }

        var changes = await StatusChange.ReadAfter(_database, orders, cancellationToken);
        lock (_lock)
        {
            foreach (var change in changes)
            {
                if (_tracked.TryGetValue(change.OrderId, out var tracked))
                {
                    tracked.Add(change);
                }
            }

            foreach (var (orderId, polls) in _pollsOfNotified.ToList())
            {
                if (_tracked[orderId].HasAllNotified || polls == MaxPollsForNotified)
                {
                    _pollsOfNotified.Remove(orderId);
                }
                else
                {
                    _pollsOfNotified[orderId] = polls + 1;
                }
            }
        }
    }

    private List<(long OrderId, int LastKnown)> OrdersToPoll()
    {
        var now = _time.GetUtcNow();
        lock (_lock)
        {
            if (now - _lastFullPoll < (_isSubscribed ? FullPollInterval : MaxIdle))
            {
                return [.. _pollsOfNotified.Keys.Select(orderId => (orderId, _tracked[orderId].LastKnown))];
            }

            _lastFullPoll = now;
            return [.. _tracked.Select(tracked => (tracked.Key, tracked.Value.LastKnown))];
        }
    }

    /// <summary>What all subscriptions of an order share.</summary>
    private sealed class TrackedOrder
    {
        public List<OrderSubscription> Subscriptions { get; } = [];

        public int LastKnown { get; private set; }

        public int LastNotified { get; set; }

        public bool HasAllNotified => LastKnown >= LastNotified;

        public void Add(StatusChange change)
        {
            if (change.Number > LastKnown)
            {
                LastKnown = change.Number;
                Subscriptions.ForEach(subscription => subscription.Add(change));
            }
        }
    }
}
