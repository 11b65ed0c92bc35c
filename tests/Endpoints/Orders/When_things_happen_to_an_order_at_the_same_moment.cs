using ShopSaga.Contracts.Orders;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Orders;

internal sealed class When_things_happen_to_an_order_at_the_same_moment
{
    private TestDatabase _database = null!;

    [OneTimeSetUp]
    public async Task Start() => _database = await TestDatabase.Create(typeof(OrderLifecycle).Assembly);

    [OneTimeTearDown]
    public ValueTask Stop() => _database.DisposeAsync();

    [Test]
    public async Task Should_let_exactly_one_of_concurrent_cancels_win([Range(1, 10)] int round)
    {
        var order = await OrderUnderTest.Place(_database);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(order.OnAnotherInstance().Cancel)));

        Assert.That(answers.Order(), Is.EqualTo(new[] { 202, 409, 409, 409, 409, 409, 409, 409 }));
        Assert.That(await order.Status(), Is.EqualTo("CANCELLING CUSTOMER"));
    }

    [Test]
    public async Task Should_cancel_and_keep_the_payment_when_a_cancel_races_with_a_payment([Range(1, 20)] int round)
    {
        var order = await OrderUnderTest.Place(_database);
        await order.StockReserved();
        var (payment, cancel) = (order.OnAnotherInstance(), order.OnAnotherInstance());

        var cancelled = Task.Run(cancel.Cancel);
        await Task.WhenAll(cancelled, Task.Run(payment.PaymentCompleted));

        Assert.That(await cancelled, Is.EqualTo(202));
        Assert.That(await order.Status(), Is.EqualTo("CANCELLING CUSTOMER"));
        Assert.That(cancel.Published.OfType<OrderCancelled>().Count(), Is.EqualTo(1));
        Assert.That(await PaymentIdOf(order), Is.EqualTo(900 + order.Id));
        var history = await order.History();
        Assert.That(payment.Published.OfType<OrderConfirmed>().Any(), Is.EqualTo(history.Contains(nameof(OrderConfirmed))));
    }

    [Test]
    public async Task Should_be_cancelled_when_both_compensations_arrive_together([Range(1, 20)] int round)
    {
        var order = await OrderUnderTest.Place(_database);
        await order.PaymentCompleted();
        await order.Cancel();

        await Task.WhenAll(Task.Run(order.OnAnotherInstance().PaymentRefunded), Task.Run(order.OnAnotherInstance().StockReleased));

        Assert.That(await order.Status(), Is.EqualTo("CANCELLED CUSTOMER"));
    }

    private async Task<long?> PaymentIdOf(OrderUnderTest order) =>
        (await _database.Query<long?>("SELECT payment_id FROM orders WHERE id = @Id", new { order.Id })).Single();
}
