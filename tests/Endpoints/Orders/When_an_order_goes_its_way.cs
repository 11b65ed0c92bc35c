using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Orders.Placing;
using ShopSaga.Orders.Pricing;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Orders;

internal sealed class When_an_order_goes_its_way
{
    private static readonly DateTimeOffset PlacedAt = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly ExpiryPolicy Expiry = new(TimeSpan.FromMinutes(15));
    private readonly FakeTimeProvider _time = new();
    private MoveOrderHandler _handler = null!;
    private TestDatabase _database = null!;
    private TestSqlSession _session = null!;
    private TestableMessageHandlerContext _context = null!;
    private TestableTransactionalSession _request = null!;
    private OrderPlaced _placed = null!;

    [OneTimeSetUp]
    public async Task StartDatabase() => _database = await TestDatabase.Create(typeof(OrderLifecycle).Assembly);

    [OneTimeTearDown]
    public ValueTask StopDatabase() => _database.DisposeAsync();

    [SetUp]
    public async Task Place()
    {
        _time.AdjustTime(PlacedAt);
        _handler = new MoveOrderHandler(Expiry, new StatusNotifications(), _time, NullLogger<MoveOrderHandler>.Instance);
        _session = await TestSqlSession.Begin(_database.Source);
        _context = new TestableMessageHandlerContext { SynchronizedStorageSession = _session };
        _request = new TestableTransactionalSession(_database.Source);
        await _request.Open(new SqlPersistenceOpenSessionOptions());
        await _request.InsertOrder(7, new Quote([new QuotedLine(1, "Lamp", 2, 500)]), "CARD", Expiry, PlacedAt, CancellationToken.None);
        await _request.Commit();
        _placed = _request.Published.OfType<OrderPlaced>().Single();
    }

    [TearDown]
    public async Task Leave()
    {
        await _request.DisposeAsync();
        await _session.DisposeAsync();
    }

    [Test]
    public void Should_send_the_message_of_its_expiry_with_the_order_itself()
    {
        var sent = _request.SentMessages.Single();

        Assert.That(sent.Message, Is.EqualTo(Watch()));
        Assert.That(sent.Options.GetDeliveryDate(), Is.EqualTo(PlacedAt + Expiry.After));
        Assert.That(sent.Options.IsRoutingToThisEndpoint());
    }

    [Test]
    public async Task Should_wait_for_the_expiry_when_its_message_comes_early()
    {
        _time.Advance(Expiry.After - TimeSpan.FromMilliseconds(1));

        await _handler.Handle(Watch(), _context);

        var sent = _context.SentMessages.Single();
        Assert.That(sent.Message, Is.EqualTo(Watch()));
        Assert.That(sent.Options.GetDeliveryDate(), Is.EqualTo(PlacedAt + Expiry.After));
        Assert.That(sent.Options.IsRoutingToThisEndpoint());
        Assert.That(_context.PublishedMessages, Is.Empty);
    }

    [Test]
    public async Task Should_be_cancelled_when_it_expires()
    {
        _time.Advance(Expiry.After);

        await _handler.Handle(Watch(), _context);

        Assert.That(_context.FindPublishedMessage<OrderCancelled>()!.Reason, Is.EqualTo("EXPIRED"));
        Assert.That(_context.SentMessages, Is.Empty);
    }

    [Test]
    public async Task Should_stay_as_it_is_when_it_is_confirmed_before_its_expiry()
    {
        await _handler.Handle(Completed(), _context);
        _time.Advance(Expiry.After);

        await _handler.Handle(Watch(), _context);

        Assert.That(
            _context.PublishedMessages.Single().Message, Is.EqualTo(new OrderConfirmed(_placed.OrderId, 33, PlacedAt.AddSeconds(2))));
        Assert.That(_context.SentMessages, Is.Empty);
    }

    [Test]
    public async Task Should_be_cancelled_with_the_reason_when_the_payment_fails()
    {
        await _handler.Handle(new PaymentFailed(_placed.OrderId, "DECLINED", PlacedAt.AddSeconds(2)), _context);

        Assert.That(
            _context.FindPublishedMessage<OrderCancelled>(),
            Is.EqualTo(new OrderCancelled(_placed.OrderId, "PAYMENT_DECLINED", PlacedAt.AddSeconds(2))));
    }

    [Test]
    public async Task Should_expire_when_the_timeout_of_an_earlier_version_arrives()
    {
        _time.Advance(Expiry.After);
        var saga = new TestableSaga<OrderLifecycle, OrderLifecycleData>(() => new OrderLifecycle(Expiry, _time));

        var result = await saga.Handle(new OrderExpired(_placed.OrderId), _context);
        await _handler.Handle(result!.FindSentMessage<WatchOrder>()!, _context);

        Assert.That(result.Completed);
        Assert.That(_context.FindPublishedMessage<OrderCancelled>()!.Reason, Is.EqualTo("EXPIRED"));
    }

    [Test]
    public void Should_fail_loudly_when_an_event_speaks_of_an_order_that_does_not_exist() =>
        Assert.That(
            () => _handler.Handle(new StockReserved(12345, PlacedAt), _context),
            Throws.InvalidOperationException.With.Message.Contains("12345"));

    [Test]
    public async Task Should_fail_loudly_when_stock_is_rejected_for_a_confirmed_order()
    {
        await _handler.Handle(Completed(), _context);

        Assert.That(
            () => _handler.Handle(new StockRejected(_placed.OrderId, [new Shortage(1, 2, 0)]), _context),
            Throws.InvalidOperationException.With.Message.Contains("CONFIRMED"));
    }

    private WatchOrder Watch() => new(_placed.OrderId, PlacedAt);

    private PaymentCompleted Completed() => new(_placed.OrderId, 33, 7, 1000, "CARD", PlacedAt.AddSeconds(2));
}
