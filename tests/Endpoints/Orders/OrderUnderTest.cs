using Microsoft.Extensions.Time.Testing;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Orders.Pricing;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Orders;

/// <summary>An order in a real database, in virtual time, and every event that can reach it.</summary>
internal sealed class OrderUnderTest
{
    public const long Buyer = OrdersInTransactions.Buyer;
    public static readonly DateTimeOffset PlacedAt = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly TestDatabase _database;
    private readonly OrderPlaced _placed;
    private readonly FakeTimeProvider _time = new(PlacedAt.AddSeconds(10));
    private readonly OrdersInTransactions _orders;
    private readonly List<object> _published = [];

    private OrderUnderTest(TestDatabase database, OrderPlaced placed)
    {
        (_database, _placed) = (database, placed);
        _orders = new OrdersInTransactions(database, _time);
    }

    public long Id => _placed.OrderId;

    public IReadOnlyList<object> Published => _published;

    public static async Task<OrderUnderTest> Place(TestDatabase database) => new(
        database,
        await new OrdersInTransactions(database, TimeProvider.System).Place([new QuotedLine(1, "Lamp", 2, 500)], "CARD", PlacedAt));

    /// <summary>The same order, as another instance of the service sees it.</summary>
    public OrderUnderTest OnAnotherInstance() => new(_database, _placed);

    /// <summary>The message of its expiry, too early.</summary>
    public Task Watch() => Handle(new WatchOrder(Id, PlacedAt));

    public Task StockReserved() => Handle(new StockReserved(Id, PlacedAt.AddSeconds(1)));

    public Task StockRejected() => Handle(new StockRejected(Id, [new Shortage(1, 2, 0)]));

    public Task PaymentCompleted() => Handle(new PaymentCompleted(Id, 900 + Id, Buyer, 1000, "CARD", PlacedAt.AddSeconds(2)));

    public Task PaymentFailed() => Handle(new PaymentFailed(Id, "DECLINED", PlacedAt.AddSeconds(2)));

    public Task StockCommitted() => Handle(new StockCommitted(Id, PlacedAt.AddSeconds(3)));

    public Task PaymentRefunded() => Handle(new PaymentRefunded(Id, 900 + Id, 1000, PlacedAt.AddSeconds(20)));

    public Task StockReleased() => Handle(new StockReleased(Id, PlacedAt.AddSeconds(21)));

    public void Wait(TimeSpan time) => _time.Advance(time);

    public Task Expire()
    {
        _time.Advance(OrdersInTransactions.Expiry.After);
        return Watch();
    }

    /// <summary>The customer's request; gives the status of the answer.</summary>
    public async Task<int> Cancel()
    {
        var (statusCode, published) = await _orders.Cancel(Id);
        _published.AddRange(published);
        return statusCode!.Value;
    }

    public async Task<string> Status() =>
        (await _database.Query<string>("SELECT concat_ws(' ', status, reason) FROM orders WHERE id = @Id", new { Id })).Single();

    public Task<IReadOnlyList<string>> History() =>
        _database.Query<string>("SELECT name FROM order_events WHERE order_id = @Id ORDER BY at, id", new { Id });

    private async Task Handle(object message) => _published.AddRange(await _orders.Handle(message));
}
