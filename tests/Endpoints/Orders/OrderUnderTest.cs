using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Http;
using ShopSaga.Orders.Cancelling;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Orders.Placing;
using ShopSaga.Orders.Pricing;
using ShopSaga.Orders.Tracking;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Orders;

/// <summary>An order in a real database, in virtual time, and every event that can reach it.</summary>
internal sealed class OrderUnderTest
{
    public const long Buyer = 7;
    public static readonly DateTimeOffset PlacedAt = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly ExpiryPolicy Expiry = new(TimeSpan.FromMinutes(15));
    private readonly TestDatabase _database;
    private readonly FakeTimeProvider _time = new(PlacedAt.AddSeconds(10));
    private readonly List<object> _published = [];
    private OrderPlaced _placed = null!;

    private OrderUnderTest(TestDatabase database) => _database = database;

    public long Id => _placed.OrderId;

    public IReadOnlyList<object> Published => _published;

    public static async Task<OrderUnderTest> Place(TestDatabase database)
    {
        var order = new OrderUnderTest(database);
        await using var session = new TestableTransactionalSession(database.Source);
        await session.Open(new SqlPersistenceOpenSessionOptions());
        await session.InsertOrder(Buyer, new Quote([new QuotedLine(1, "Lamp", 2, 500)]), "CARD", Expiry, PlacedAt, CancellationToken.None);
        await session.Commit();
        order._placed = session.Published.OfType<OrderPlaced>().Single();
        return order;
    }

    /// <summary>The same order, as another instance of the service sees it.</summary>
    public OrderUnderTest OnAnotherInstance() => new(_database) { _placed = _placed };

    /// <summary>The message of its expiry, too early.</summary>
    public Task Watch() => Handle(new WatchOrder(Id, PlacedAt));

    public Task StockReserved() => Handle(new StockReserved(Id, PlacedAt.AddSeconds(1)));

    public Task StockRejected() => Handle(new StockRejected(Id, [new Shortage(1, 2, 0)]));

    public Task PaymentCompleted() => Handle(new PaymentCompleted(Id, 900 + Id, Buyer, 1000, "CARD", PlacedAt.AddSeconds(2)));

    public Task PaymentFailed() => Handle(new PaymentFailed(Id, "DECLINED", PlacedAt.AddSeconds(2)));

    public Task StockCommitted() => Handle(new StockCommitted(Id, PlacedAt.AddSeconds(3)));

    public Task PaymentRefunded() => Handle(new PaymentRefunded(Id, 900 + Id, 1000, PlacedAt.AddSeconds(20)));

    public Task StockReleased() => Handle(new StockReleased(Id, PlacedAt.AddSeconds(21)));

    public Task Expire()
    {
        _time.Advance(Expiry.After);
        return Watch();
    }

    /// <summary>The customer's request; gives the status of the answer.</summary>
    public async Task<int> Cancel()
    {
        await using var session = new TestableTransactionalSession(_database.Source);
        var answer = await CancelOrder.Handle(
            Id,
            new Caller(Buyer, IsAdmin: false),
            session,
            new StatusNotifications(),
            _time,
            NullLogger<OrderView>.Instance,
            CancellationToken.None);
        _published.AddRange(session.Published);
        return ((IStatusCodeHttpResult)answer.Result).StatusCode!.Value;
    }

    public async Task<string> Status() =>
        (await _database.Query<string>("SELECT concat_ws(' ', status, reason) FROM orders WHERE id = @Id", new { Id })).Single();

    public Task<IReadOnlyList<string>> History() =>
        _database.Query<string>("SELECT name FROM order_events WHERE order_id = @Id ORDER BY at, id", new { Id });

    private async Task Handle<T>(T message)
    {
        await using var session = await TestSqlSession.Begin(_database.Source);
        var context = new TestableMessageHandlerContext { SynchronizedStorageSession = session };
        await ((IHandleMessages<T>)(object)new MoveOrderHandler(
            Expiry, new StatusNotifications(), _time, NullLogger<MoveOrderHandler>.Instance)).Handle(message, context);
        await session.Commit();
        _published.AddRange(context.PublishedMessages.Select(published => published.Message));
    }
}
