using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

internal sealed class When_many_want_the_same
{
    private const int Buyers = 200;
    private readonly List<Visitor> _customers = [];

    [SetUp]
    public async Task Come() => _customers.AddRange(await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Visitor.Register())));

    [TearDown]
    public void Leave()
    {
        _customers.ForEach(customer => customer.Dispose());
        _customers.Clear();
    }

    [Test]
    public async Task Should_sell_the_last_50_pieces_to_50_of_200_buyers()
    {
        var product = await Purchase.List(stock: 50);
        await KnownToOrders(product);

        var outcomes = await Outcomes(number => new { productId = product, quantity = 1, paymentMethod = "CARD" });

        Assert.That(outcomes, Is.EqualTo(new[] { "150 CANCELLED OUT_OF_STOCK", "50 CONFIRMED" }));
        Assert.That(await Purchase.StockOf(product), Is.Zero);
        await TheBooks.Balance();
    }

    [Test]
    public async Task Should_not_deadlock_when_two_products_are_bought_in_opposite_order()
    {
        var (umbrella, coat) = (await Purchase.List(stock: Buyers), await Purchase.List(stock: Buyers));
        await KnownToOrders(umbrella);
        await KnownToOrders(coat);

        var outcomes = await Outcomes(number => new
        {
            lines = (number % 2 == 0 ? new[] { umbrella, coat } : [coat, umbrella]).Select(productId => new { productId, quantity = 1 }),
            paymentMethod = "CARD",
        });

        Assert.That(outcomes, Is.EqualTo(new[] { $"{Buyers} CONFIRMED" }));
        Assert.That((await Purchase.StockOf(umbrella), await Purchase.StockOf(coat)), Is.EqualTo((0, 0)));
        Assert.That(await Deadlocks(), Is.Zero, "since the databases were created");
        await TheBooks.Balance();
    }

    [Test]
    public async Task Should_cancel_every_order_whose_customer_says_so_whenever_that_is()
    {
        const int orders = 40;
        var product = await Purchase.List(stock: orders);
        await KnownToOrders(product);

        // Later and later: before the stock is reserved, during the charge, after the confirmation.
        var cancelled = await Task.WhenAll(Enumerable.Range(0, orders).Select(async number =>
        {
            var order = await Purchase.Place(_customers[number % _customers.Count], product);
            await Task.Delay(TimeSpan.FromMilliseconds(10 * number));
            await order.Cancel();
            return order;
        }));

        foreach (var order in cancelled)
        {
            await order.Becomes("CANCELLED CUSTOMER");
            Assert.That(await order.Payments(), Is.SubsetOf(new[] { "FAILED", "REFUNDED" }));
        }

        Assert.That(await Purchase.StockOf(product), Is.EqualTo(orders));
        await TheBooks.Balance();
    }

    private async Task KnownToOrders(long product)
    {
        var trial = await Purchase.Place(_customers[0], product, quantity: 1_000);
        await trial.Becomes("CANCELLED OUT_OF_STOCK");
    }

    /// <summary>Everybody orders at once; gives how many orders ended in which way.</summary>
    private async Task<IEnumerable<string>> Outcomes(Func<int, object> body)
    {
        var orders = await Task.WhenAll(Enumerable.Range(0, Buyers).Select(number => Purchase.Place(_customers[number % _customers.Count], body(number))));
        var ids = orders.Select(order => order.Id).ToHashSet();
        var open = ids.Count;
        var final = await Eventually.Get(
            async () =>
            {
                var lists = await Task.WhenAll(_customers.Select(customer => customer.Get("orders?limit=100")));
                var ours = lists.SelectMany(list => list["items"]!.AsArray()).Where(order => ids.Contains((long)order!["id"]!)).ToList();
                open = ours.Count(order => (string?)order!["status"] is "PENDING" or "CANCELLING");
                return open == 0 ? ours : null;
            },
            () => $"{open} of {ids.Count} orders become final");
        return final.CountBy(order => Purchase.OutcomeOf(order!)).Select(outcome => $"{outcome.Value} {outcome.Key}").Order(StringComparer.Ordinal);
    }

    private static Task<long> Deadlocks() => ServiceDatabase.Query<long>("Products", "SELECT sum(deadlocks)::bigint FROM pg_stat_database");
}
