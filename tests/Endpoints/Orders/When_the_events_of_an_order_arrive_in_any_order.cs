using System.Collections.Concurrent;
using ShopSaga.Contracts.Orders;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Orders;

/// <summary>Every permutation of an order's events, each event twice in a row, and all of them once more at the end.</summary>
internal sealed class When_the_events_of_an_order_arrive_in_any_order
{
    private TestDatabase _database = null!;

    [OneTimeSetUp]
    public async Task Start() => _database = await TestDatabase.Create(typeof(OrderLifecycle).Assembly);

    [OneTimeTearDown]
    public ValueTask Stop() => _database.DisposeAsync();

    [Test]
    public Task Should_be_confirmed_when_stock_and_payment_succeed() => Always(
        ["CONFIRMED"],
        "OrderPlaced StockReserved PaymentCompleted OrderConfirmed StockCommitted",
        order => order.Watch(),
        order => order.StockReserved(),
        order => order.PaymentCompleted(),
        order => order.StockCommitted());

    [Test]
    public Task Should_be_cancelled_when_the_stock_is_short() => Always(
        ["CANCELLED OUT_OF_STOCK"],
        "OrderPlaced StockRejected OrderCancelled",
        order => order.Watch(),
        order => order.StockRejected());

    [Test]
    public Task Should_be_cancelled_when_the_card_is_declined() => Always(
        ["CANCELLED PAYMENT_DECLINED"],
        "OrderPlaced StockReserved PaymentFailed OrderCancelled StockReleased",
        order => order.Watch(),
        order => order.StockReserved(),
        order => order.PaymentFailed(),
        order => order.StockReleased());

    [Test]
    public Task Should_be_cancelled_when_the_customer_cancels_before_payment() => Always(
        ["CANCELLED CUSTOMER", "CANCELLED PAYMENT_DECLINED"],
        null,
        order => order.Watch(),
        order => order.StockReserved(),
        order => order.Cancel(),
        order => order.PaymentFailed(),
        order => order.StockReleased());

    [Test]
    public Task Should_be_cancelled_when_the_customer_cancels_an_order_that_is_out_of_stock() => Always(
        ["CANCELLED CUSTOMER", "CANCELLED OUT_OF_STOCK"],
        null,
        order => order.Watch(),
        order => order.StockRejected(),
        order => order.Cancel());

    [Test]
    public Task Should_be_cancelled_when_the_customer_cancels_after_payment() => Always(
        ["CANCELLED CUSTOMER", "CANCELLED SHOP"],
        null,
        order => order.PaymentCompleted(),
        order => order.Cancel(),
        order => order.StockCommitted(),
        order => order.PaymentRefunded(),
        order => order.StockReleased());

    [Test]
    public Task Should_be_cancelled_when_it_expires_and_the_payment_comes_late() => Always(
        ["CANCELLED EXPIRED", "CANCELLED SHOP"],
        null,
        order => order.Watch(),
        order => order.Expire(),
        order => order.PaymentCompleted(),
        order => order.PaymentRefunded(),
        order => order.StockReleased());

    [Test]
    public Task Should_be_cancelled_when_the_shop_refunds_the_payment() => Always(
        ["CANCELLED SHOP"],
        null,
        order => order.StockReserved(),
        order => order.PaymentCompleted(),
        order => order.StockCommitted(),
        order => order.PaymentRefunded(),
        order => order.StockReleased());

    private async Task Always(string[] outcomes, string? history, params Func<OrderUnderTest, Task>[] events)
    {
        var faults = new ConcurrentQueue<string>();
        await Parallel.ForEachAsync(
            Permutations(events.Length),
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (permutation, _) =>
            {
                var order = await OrderUnderTest.Place(_database);
                foreach (var index in permutation)
                {
                    await events[index](order);
                    await events[index](order);
                }

                foreach (var index in permutation)
                {
                    await events[index](order);
                }

                await order.Expire();
                var name = string.Join(',', permutation);
                var status = await order.Status();
                var names = string.Join(' ', await order.History());
                if (!outcomes.Contains(status))
                {
                    faults.Enqueue($"{name}: {status}");
                }

                if (history is not null && names != history)
                {
                    faults.Enqueue($"{name}: {names}");
                }

                if (order.Published.OfType<OrderCancelled>().Count() != (status.StartsWith("CANCELLED", StringComparison.Ordinal) ? 1 : 0))
                {
                    faults.Enqueue($"{name}: published {string.Join(", ", order.Published)}");
                }

                if (order.Published.OfType<OrderConfirmed>().Count() != names.Split(' ').Count(entry => entry == nameof(OrderConfirmed)))
                {
                    faults.Enqueue($"{name}: published {string.Join(", ", order.Published)}");
                }
            });
        Assert.That(faults, Is.Empty);
    }

    private static IEnumerable<int[]> Permutations(int count) => count == 0
        ? [[]]
        : Permutations(count - 1).SelectMany(shorter =>
            Enumerable.Range(0, count).Select(position => (int[])[.. shorter[..position], count - 1, .. shorter[position..]]));
}
