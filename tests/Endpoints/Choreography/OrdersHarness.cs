using System.Globalization;
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

namespace ShopSaga.Tests.Endpoints.Choreography;

/// <summary>Orders on its own database, with a transaction for each message and request. Time stands still until it is advanced.</summary>
internal sealed class OrdersHarness : IAsyncDisposable
{
    public const long Buyer = 7;
    private static readonly ExpiryPolicy Expiry = new(TimeSpan.FromMinutes(15));
    private readonly TestDatabase _database;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly MoveOrderHandler _handler;
    private readonly List<WatchOrder> _delayed = [];

    private OrdersHarness(TestDatabase database)
    {
        _database = database;
        _handler = new MoveOrderHandler(Expiry, new StatusNotifications(), _time, NullLogger<MoveOrderHandler>.Instance);
    }

    public static async Task<OrdersHarness> Open() => new(await TestDatabase.Create(typeof(OrderLifecycle).Assembly));

    /// <summary>Places an order; gives the event.</summary>
    public async Task<OrderPlaced> Place(IReadOnlyList<QuotedLine> lines, string paymentMethod)
    {
        await using var session = new TestableTransactionalSession(_database.Source);
        await session.Open(new SqlPersistenceOpenSessionOptions());
        var order = await session.InsertOrder(
            Buyer, new Quote(lines), paymentMethod, Expiry, _time.GetUtcNow(), CancellationToken.None);
        await session.Commit();
        _delayed.Add(new WatchOrder(order.Id, order.CreatedAt));
        return session.Published.OfType<OrderPlaced>().Single();
    }

    /// <summary>The customer's request; gives what it set off.</summary>
    public async Task<IReadOnlyList<object>> Cancel(long orderId)
    {
        await using var session = new TestableTransactionalSession(_database.Source);
        var answer = await CancelOrder.Handle(
            orderId,
            new Caller(Buyer, IsAdmin: false),
            session,
            new StatusNotifications(),
            _time,
            NullLogger<OrderView>.Instance,
            CancellationToken.None);
        Assert.That(((IStatusCodeHttpResult)answer.Result).StatusCode, Is.EqualTo(202).Or.EqualTo(409));
        return [.. session.Published];
    }

    public async Task<IReadOnlyList<object>> Handle(object message)
    {
        await using var session = await TestSqlSession.Begin(_database.Source);
        var context = new TestableMessageHandlerContext { SynchronizedStorageSession = session };
        await (message switch
        {
            WatchOrder watch => _handler.Handle(watch, context),
            StockReserved reserved => _handler.Handle(reserved, context),
            StockRejected rejected => _handler.Handle(rejected, context),
            StockReleased released => _handler.Handle(released, context),
            StockCommitted committed => _handler.Handle(committed, context),
            PaymentCompleted completed => _handler.Handle(completed, context),
            PaymentFailed failed => _handler.Handle(failed, context),
            PaymentRefunded refunded => _handler.Handle(refunded, context),
            _ => throw new ArgumentException("Orders does not handle it.", nameof(message)),
        });
        await session.Commit();
        return Published(context);
    }

    /// <summary>Lets more time pass than any order has; gives what that set off.</summary>
    public async Task<IReadOnlyList<object>> LetTimePass()
    {
        _time.Advance(2 * Expiry.After);
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

    private static List<object> Published(TestableMessageHandlerContext context) =>
        [.. context.PublishedMessages.Select(published => published.Message)];

    internal sealed record OrderState(long Id, string Status, long TotalAmount, string History)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"order {Id} is {Status} after {History}");
    }
}
