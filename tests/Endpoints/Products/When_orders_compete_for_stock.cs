using ShopSaga.Contracts.Products;
using static ShopSaga.Tests.Endpoints.Products.Events;

namespace ShopSaga.Tests.Endpoints.Products;

/// <summary>Many handlers at once. A deadlock would fail one of them with an exception, and so the test.</summary>
internal sealed class When_orders_compete_for_stock
{
    private ProductsHarness _harness = null!;

    [SetUp]
    public async Task SetUp() => _harness = await ProductsHarness.Open();

    [TearDown]
    public async Task TearDown()
    {
        await _harness.AssertBooksBalance();
        await _harness.DisposeAsync();
    }

    [Test]
    public async Task Should_sell_the_last_10_pieces_to_10_of_50_buyers()
    {
        var lamp = await _harness.List(10);

        var published = await HandleAtOnce(Orders(50).Select(order => Placed(order, (lamp, 1))));

        Assert.That(published.OfType<StockReserved>().Count(), Is.EqualTo(10));
        Assert.That(published.OfType<StockRejected>().Count(), Is.EqualTo(40));
        Assert.That(await _harness.Stock(lamp), Is.Zero);
    }

    [Test]
    public async Task Should_not_deadlock_when_two_products_are_bought_in_opposite_order()
    {
        var (lamp, chair) = (await _harness.List(100), await _harness.List(100));

        var published = await HandleAtOnce(Orders(100).Select(order =>
            order % 2 == 0 ? Placed(order, (lamp, 1), (chair, 1)) : Placed(order, (chair, 1), (lamp, 1))));

        Assert.That(published.OfType<StockReserved>().Count(), Is.EqualTo(100));
        Assert.That((await _harness.Stock(lamp), await _harness.Stock(chair)), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task Should_balance_when_orders_are_placed_and_cancelled_at_the_same_time()
    {
        var (lamp, chair) = (await _harness.List(30), await _harness.List(30));

        await HandleAtOnce(Orders(60).SelectMany(order => new object[]
        {
            Placed(order, (chair, 1), (lamp, 1)),
            Cancelled(order),
            Placed(order, (chair, 1), (lamp, 1)),
            PaymentFailed(order, "ORDER_CANCELLED"),
        }));

        Assert.That((await _harness.Stock(lamp), await _harness.Stock(chair)), Is.EqualTo((30, 30)));
    }

    private static IEnumerable<long> Orders(int count) => Enumerable.Range(1, count).Select(order => (long)order);

    private async Task<object[]> HandleAtOnce(IEnumerable<object> messages) =>
        [.. (await Task.WhenAll(messages.Select(message => Task.Run(() => _harness.Handle(message))))).SelectMany(published => published)];
}
