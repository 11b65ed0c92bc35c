using ShopSaga.Contracts.Products;
using ShopSaga.Tests.Endpoints.Support;
using static ShopSaga.Tests.Endpoints.Products.Events;

namespace ShopSaga.Tests.Endpoints.Products;

/// <summary>
/// Every event of an order twice, in every order there is: the outcome is the same, and the books balance after each step.
/// </summary>
internal sealed class When_the_events_of_an_order_arrive_in_any_order
{
    private const int StockAtStart = 9;
    private ProductsHarness _harness = null!;
    private long _product;

    private static IEnumerable<TestCaseData> Histories()
    {
        yield return new TestCaseData((Func<long, long, object[]>)((order, product) =>
            [Placed(order, (product, 2)), Confirmed(order), Cancelled(order, "CUSTOMER")]))
            .SetArgDisplayNames("cancelled after it was confirmed");
        yield return new TestCaseData((Func<long, long, object[]>)((order, product) =>
            [Placed(order, (product, 2)), PaymentFailed(order, "ORDER_CANCELLED"), Cancelled(order, "CUSTOMER")]))
            .SetArgDisplayNames("cancelled before it was paid");
        yield return new TestCaseData((Func<long, long, object[]>)((order, product) =>
            [Placed(order, (product, 2)), Cancelled(order, "CUSTOMER")]))
            .SetArgDisplayNames("cancelled at once");
    }

    [SetUp]
    public async Task SetUp()
    {
        _harness = await ProductsHarness.Open();
        _product = await _harness.List(StockAtStart);
    }

    [TearDown]
    public async Task TearDown() => await _harness.DisposeAsync();

    [TestCaseSource(nameof(Histories))]
    public async Task Should_end_released_with_the_release_announced_once(Func<long, long, object[]> history)
    {
        var orderId = 0L;
        foreach (var permutation in Permutations.OfEachTwice(history(0, _product).Length))
        {
            orderId++;
            var events = permutation.Select(index => history(orderId, _product)[index]);

            var published = await DeliverAll(events);

            var order = string.Join(' ', events.Select(e => e.GetType().Name));
            Assert.That(await _harness.State(orderId), Is.EqualTo("RELEASED"), order);
            Assert.That(await _harness.Stock(_product), Is.EqualTo(StockAtStart), order);
            Assert.That(published.OfType<StockReleased>().Count(), Is.EqualTo(1), order);
            Assert.That(published.OfType<StockReserved>().Count(), Is.LessThanOrEqualTo(1), order);
        }
    }

    [Test]
    public async Task Should_end_committed_in_every_order_of_a_success()
    {
        var orderId = 0L;
        foreach (var permutation in Permutations.OfEachTwice(2))
        {
            orderId++;
            object[] history = [Placed(orderId, (_product, 1)), Confirmed(orderId)];

            var published = await DeliverAll(permutation.Select(index => history[index]));

            Assert.That(await _harness.State(orderId), Is.EqualTo("COMMITTED"));
            Assert.That(published.Select(e => e.GetType()), Is.EqualTo(new[] { typeof(StockReserved), typeof(StockCommitted) }));
            Assert.That(await _harness.Stock(_product), Is.EqualTo(StockAtStart - orderId));
        }
    }

    [Test]
    public async Task Should_release_a_declined_order_once_whichever_of_its_two_reasons_arrives_first()
    {
        var orderId = 0L;
        foreach (var permutation in Permutations.OfEachTwice(3).Where(order => order[0] == 0))
        {
            orderId++;
            object[] history = [Placed(orderId, (_product, 2)), PaymentFailed(orderId), Cancelled(orderId, "PAYMENT_DECLINED")];

            var published = await DeliverAll(permutation.Select(index => history[index]));

            Assert.That(published.Select(e => e.GetType()), Is.EqualTo(new[] { typeof(StockReserved), typeof(StockReleased) }));
            Assert.That(await _harness.Stock(_product), Is.EqualTo(StockAtStart));
        }
    }

    [Test]
    public async Task Should_leave_a_rejected_order_alone()
    {
        var orderId = 0L;
        foreach (var permutation in Permutations.OfEachTwice(3).Where(order => order[0] == 0))
        {
            orderId++;
            object[] history =
            [
                Placed(orderId, (_product, 10)), Cancelled(orderId, "OUT_OF_STOCK"), PaymentFailed(orderId, "ORDER_CANCELLED"),
            ];

            var published = await DeliverAll(permutation.Select(index => history[index]));

            Assert.That(published.Select(e => e.GetType()), Is.EqualTo(new[] { typeof(StockRejected) }));
            Assert.That(await _harness.State(orderId), Is.EqualTo("REJECTED"));
        }
    }

    // As the bus does: a message whose handler throws comes again later, here after all that are waiting.
    private async Task<List<object>> DeliverAll(IEnumerable<object> events)
    {
        var published = new List<object>();
        var queue = new Queue<object>(events);
        for (var attempts = 0; queue.TryDequeue(out var message); attempts++)
        {
            Assert.That(attempts, Is.LessThan(50), "deliveries");
            try
            {
                published.AddRange(await _harness.Handle(message));
            }
            catch (InvalidOperationException)
            {
                queue.Enqueue(message);
            }

            await _harness.AssertBooksBalance();
        }

        return published;
    }
}
