using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using ShopSaga.Contracts.Orders;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Orders.Pricing;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Choreography;

/// <summary>Orders on its own database. Time stands still until it is advanced.</summary>
internal sealed class OrdersHarness : IAsyncDisposable
{
    public const long Buyer = OrdersInTransactions.Buyer;
    private readonly TestDatabase _database;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly OrdersInTransactions _orders;
    private readonly List<WatchOrder> _delayed = [];

    private OrdersHarness(TestDatabase database)
    {
        _database = database;
        _orders = new OrdersInTransactions(database, _time);
    }

    public static async Task<OrdersHarness> Open() => new(await TestDatabase.Create(typeof(OrderLifecycle).Assembly));

    /// <summary>Places an order; gives the event.</summary>
    public async Task<OrderPlaced> Place(IReadOnlyList<QuotedLine> lines, string paymentMethod)
    {
        var placed = await _orders.Place(lines, paymentMethod, _time.GetUtcNow());
        _delayed.Add(new WatchOrder(placed.OrderId, placed.PlacedAt));
        return placed;
    }

    /// <summary>The customer's request; gives what it set off.</summary>
    public async Task<IReadOnlyList<object>> Cancel(long orderId)
    {
        var (statusCode, published) = await _orders.Cancel(orderId);
        Assert.That(statusCode, Is.EqualTo(202).Or.EqualTo(409));
        return published;
    }

    public Task<IReadOnlyList<object>> Handle(object message) => _orders.Handle(message);

    /// <summary>Lets more time pass than any order has; gives what that set off.</summary>
    public async Task<IReadOnlyList<object>> LetTimePass()
    {
        _time.Advance(2 * OrdersInTransactions.Expiry.After);
        var published = new List<object>();
        foreach (var watch in _delayed)
        {
            published.AddRange(await Handle(watch));
        }

        _delayed.Clear();
        return published;
    }

    /// <summary>Every order with its status and its history in one line.</summary>
    public Task<IReadOnlyList<OrderState>> Read(IEnumerable<long> orders) => _database.Query<OrderState>(
        """
        SELECT id, status, total_amount,
               (SELECT string_agg(name, ' ' ORDER BY name) FROM order_events WHERE order_id = orders.id) AS history
        FROM orders WHERE id = ANY(@ids)
        """,
        new { ids = orders.ToArray() });

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    internal sealed record OrderState(long Id, string Status, long TotalAmount, string History)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"order {Id} is {Status} after {History}");
    }
}
