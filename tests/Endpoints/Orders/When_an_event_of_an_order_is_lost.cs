using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Orders;

internal sealed class When_an_event_of_an_order_is_lost
{
    private static readonly OverduePolicy Policy = new(PendingAfter: TimeSpan.FromMinutes(25), CancellingAfter: TimeSpan.FromMinutes(10));
    private ServiceProvider _services = null!;
    private TestDatabase _database = null!;
    private FakeTimeProvider _time = null!;
    private FakeLogger<OverdueOrders> _log = null!;
    private TestableMessageSession _messages = null!;
    private OverdueOrders _overdue = null!;

    private IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    [SetUp]
    public async Task Start()
    {
        _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        _database = await TestDatabase.Create(typeof(OrderLifecycle).Assembly);
        _time = new FakeTimeProvider(OrderUnderTest.PlacedAt);
        _log = new FakeLogger<OverdueOrders>();
        _messages = new TestableMessageSession();
        _overdue = new OverdueOrders(_database.Source, _messages, Policy, Meters, _time, _log);
    }

    [TearDown]
    public async Task Stop()
    {
        _overdue.Dispose();
        await _services.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task Should_say_once_which_events_a_cancelled_order_waits_for()
    {
        var (refund, release, both) = (await Cancelling(), await Cancelling(), await Cancelling());
        await refund.StockReleased();
        await release.PaymentRefunded();
        _time.Advance(TimeSpan.FromMinutes(11));

        await _overdue.ReportAndExpire(CancellationToken.None);
        await _overdue.ReportAndExpire(CancellationToken.None);

        Assert.That(Reported(), Is.EqualTo(new[]
        {
            $"{refund.Id} CANCELLING PaymentRefunded or PaymentFailed",
            $"{release.Id} CANCELLING StockReleased",
            $"{both.Id} CANCELLING StockReleased and PaymentRefunded or PaymentFailed",
        }));
        Assert.That(_messages.SentMessages, Is.Empty, "it cannot know what the others have done");
    }

    [Test]
    public async Task Should_count_the_orders_that_are_overdue_now()
    {
        using var gauge = new MetricCollector<long>(Meters, "ShopSaga.Orders", "shopsaga.orders.overdue");
        var order = await Cancelling();
        await order.StockReleased();
        _time.Advance(TimeSpan.FromMinutes(11));

        await _overdue.ReportAndExpire(CancellationToken.None);
        Assert.That(Count(gauge), Is.EqualTo(1));
        await order.PaymentRefunded();
        await _overdue.ReportAndExpire(CancellationToken.None);
        Assert.That(Count(gauge), Is.Zero);
    }

    [Test]
    public async Task Should_watch_an_order_again_whose_timeout_is_lost()
    {
        var order = await OrderUnderTest.Place(_database);
        await order.StockReserved();
        _time.Advance(TimeSpan.FromMinutes(26));

        await _overdue.ReportAndExpire(CancellationToken.None);
        await _overdue.ReportAndExpire(CancellationToken.None);

        Assert.That(Reported(), Is.EqualTo(new[] { $"{order.Id} PENDING PaymentCompleted or PaymentFailed" }));
        Assert.That(
            _messages.SentMessages.Select(sent => sent.Message), Is.EqualTo(new[] { new WatchOrder(order.Id, OrderUnderTest.PlacedAt) }));
    }

    [Test]
    public async Task Should_watch_a_pending_order_again_although_many_others_are_overdue()
    {
        for (var order = 0; order < 101; order++)
        {
            await (await OrderUnderTest.Place(_database)).Cancel();
        }

        var pending = await OrderUnderTest.Place(_database);
        _time.Advance(TimeSpan.FromMinutes(26));

        await _overdue.ReportAndExpire(CancellationToken.None);
        var atFirst = Reported().ToList();
        await _overdue.ReportAndExpire(CancellationToken.None);
        await _overdue.ReportAndExpire(CancellationToken.None);

        Assert.That(atFirst, Has.Count.EqualTo(100));
        Assert.That(atFirst[0], Does.StartWith($"{pending.Id} PENDING"));
        Assert.That(Reported(), Is.Unique.And.Exactly(102).Items);
        Assert.That(_messages.SentMessages, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Should_say_nothing_of_orders_that_are_final_or_not_overdue()
    {
        var (pending, cancelling) = (await OrderUnderTest.Place(_database), await Cancelling());
        var confirmed = await OrderUnderTest.Place(_database);
        await confirmed.PaymentCompleted();
        _time.Advance(TimeSpan.FromMinutes(10));

        await _overdue.ReportAndExpire(CancellationToken.None);

        Assert.That(Reported(), Is.Empty, $"{pending.Id} and {cancelling.Id}");
    }

    [Test]
    public async Task Should_count_from_the_cancellation_although_a_payment_became_known_later()
    {
        var order = await OrderUnderTest.Place(_database);
        await order.Cancel();
        order.Wait(TimeSpan.FromMinutes(6));
        await order.PaymentCompleted();
        _time.Advance(TimeSpan.FromMinutes(11));

        await _overdue.ReportAndExpire(CancellationToken.None);

        Assert.That(Reported(), Is.EqualTo(new[] { $"{order.Id} CANCELLING StockReleased and PaymentRefunded or PaymentFailed" }));
    }

    [Test]
    public async Task Should_measure_a_cancellation_from_its_beginning_although_a_payment_became_known_later()
    {
        using var timeToFinal = new MetricCollector<double>(meterScope: null, "ShopSaga.Orders", "shopsaga.orders.time_to_final");
        var order = await OrderUnderTest.Place(_database);
        await order.Cancel();
        order.Wait(TimeSpan.FromHours(1234));
        await order.PaymentCompleted();
        await order.StockReleased();
        await order.PaymentRefunded();

        // Other fixtures run in this process meanwhile, but none lets an order wait that long.
        Assert.That(
            timeToFinal.GetMeasurementSnapshot().Select(measurement => measurement.Value),
            Has.One.EqualTo(TimeSpan.FromHours(1234).TotalSeconds));
    }

    private async Task<OrderUnderTest> Cancelling()
    {
        var order = await OrderUnderTest.Place(_database);
        await order.PaymentCompleted();
        await order.Cancel();
        return order;
    }

    private IEnumerable<string> Reported() => _log.Collector.GetSnapshot().Select(record =>
        string.Join(' ', new[] { "OrderId", "Status", "Missing" }.Select(record.GetStructuredStateValue)));

    private static long Count(MetricCollector<long> gauge)
    {
        gauge.RecordObservableInstruments();
        return gauge.LastMeasurement!.Value;
    }
}
