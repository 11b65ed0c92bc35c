using Microsoft.Extensions.Logging.Abstractions;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Orders.Placing;
using ShopSaga.Orders.Pricing;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Orders;

internal sealed class When_the_saga_of_an_order_goes_its_way
{
    private static readonly DateTimeOffset PlacedAt = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly ExpiryPolicy Expiry = new(TimeSpan.FromMinutes(15));
    private TestableSaga<OrderLifecycle, OrderLifecycleData> _saga = null!;
    private TestDatabase _database = null!;
    private TestSqlSession _session = null!;
    private TestableMessageHandlerContext _context = null!;
    private OrderPlaced _placed = null!;

    [OneTimeSetUp]
    public async Task StartDatabase() => _database = await TestDatabase.Create(typeof(OrderLifecycle).Assembly);

    [OneTimeTearDown]
    public ValueTask StopDatabase() => _database.DisposeAsync();

    [SetUp]
    public async Task Place()
    {
        _saga = new(
            () => new OrderLifecycle(Expiry, new StatusNotifications(), TimeProvider.System, NullLogger<OrderLifecycle>.Instance),
            PlacedAt.UtcDateTime);
        _session = await TestSqlSession.Begin(_database.Source);
        _context = new TestableMessageHandlerContext { SynchronizedStorageSession = _session };
        await using var request = new TestableTransactionalSession(_database.Source);
        await request.Open(new SqlPersistenceOpenSessionOptions());
        await request.InsertOrder(7, new Quote([new QuotedLine(1, "Lamp", 2, 500)]), "CARD", PlacedAt, CancellationToken.None);
        await request.Commit();
        _placed = request.Published.OfType<OrderPlaced>().Single();
    }

    [TearDown]
    public ValueTask Leave() => _session.DisposeAsync();

    [Test]
    public async Task Should_ask_to_be_woken_at_the_expiry_when_an_order_is_placed()
    {
        var result = await _saga.Handle(Watch(), _context);

        Assert.That(_context.TimeoutMessages.Single().At, Is.EqualTo(PlacedAt + Expiry.After));
        Assert.That(result!.FindTimeoutMessage<OrderExpired>(), Is.EqualTo(new OrderExpired(_placed.OrderId)));
        Assert.That(result.Completed, Is.False);
    }

    [Test]
    public async Task Should_complete_at_once_when_the_order_was_final_before_it_was_watched()
    {
        await _saga.Handle(Completed(), _context);

        var watched = await _saga.Handle(Watch(), _context);

        Assert.That(watched!.Completed);
        Assert.That(_context.TimeoutMessages, Is.Empty);
    }

    [Test]
    public async Task Should_confirm_and_complete_when_the_payment_is_completed()
    {
        await _saga.Handle(Watch(), _context);

        var result = await _saga.Handle(Completed(), _context);

        Assert.That(
            result!.FindPublishedMessage<OrderConfirmed>(), Is.EqualTo(new OrderConfirmed(_placed.OrderId, 33, PlacedAt.AddSeconds(2))));
        Assert.That(result.Completed);
    }

    [Test]
    public async Task Should_not_complete_until_everything_is_compensated()
    {
        await _saga.Handle(Watch(), _context);

        var declined = await _saga.Handle(new PaymentFailed(_placed.OrderId, "DECLINED", PlacedAt.AddSeconds(2)), _context);
        Assert.That(
            declined!.FindPublishedMessage<OrderCancelled>(),
            Is.EqualTo(new OrderCancelled(_placed.OrderId, "PAYMENT_DECLINED", PlacedAt.AddSeconds(2))));
        Assert.That(declined.Completed, Is.False);

        var released = await _saga.Handle(new StockReleased(_placed.OrderId, PlacedAt.AddSeconds(3)), _context);
        Assert.That(released!.Completed);
    }

    [Test]
    public async Task Should_cancel_when_it_expires()
    {
        await _saga.Handle(Watch(), _context);

        var expired = await _saga.AdvanceTime(Expiry.After, _ => _context);

        Assert.That(expired.Single().FindPublishedMessage<OrderCancelled>()!.Reason, Is.EqualTo("EXPIRED"));
        Assert.That(expired.Single().Completed, Is.False);
    }

    [Test]
    public async Task Should_discard_the_timeout_when_the_order_is_final()
    {
        await _saga.Handle(Watch(), _context);
        await _saga.Handle(Completed(), _context);

        Assert.That(await _saga.AdvanceTime(Expiry.After, _ => _context), Is.Empty);
    }

    [Test]
    public void Should_fail_loudly_when_an_event_speaks_of_an_order_that_does_not_exist() =>
        Assert.That(
            () => _saga.Handle(new StockReserved(12345, PlacedAt), _context),
            Throws.InvalidOperationException.With.Message.Contains("12345"));

    [Test]
    public async Task Should_fail_loudly_when_stock_is_rejected_for_a_confirmed_order()
    {
        await _saga.Handle(Completed(), _context);

        Assert.That(
            () => _saga.Handle(new StockRejected(_placed.OrderId, [new Shortage(1, 2, 0)]), _context),
            Throws.InvalidOperationException.With.Message.Contains("CONFIRMED"));
    }

    private WatchOrder Watch() => new(_placed.OrderId, PlacedAt);

    private PaymentCompleted Completed() => new(_placed.OrderId, 33, 7, 1000, "CARD", PlacedAt.AddSeconds(2));
}
