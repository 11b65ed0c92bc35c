using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

internal sealed class When_many_customers_buy_the_same_product
{
    private const int Buyers = 200;
    private readonly List<CustomerClient> _customers = [];

    [SetUp]
    public async Task Register() => _customers.AddRange(await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => CustomerClient.Register())));

    [TearDown]
    public void DisposeCustomers()
    {
        _customers.ForEach(customer => customer.Dispose());
        _customers.Clear();
    }

    [Test]
    public async Task Should_sell_the_last_50_pieces_to_50_of_200_buyers()
    {
        var product = await TestOrder.ListProduct(stock: 50);
        await WaitUntilOrdersKnows(product);

        var outcomes = await Outcomes(number => new { productId = product, quantity = 1, paymentMethod = "CARD" });

        Assert.That(outcomes, Is.EqualTo(new[] { "150 CANCELLED OUT_OF_STOCK", "50 CONFIRMED" }));
        Assert.That(await TestOrder.StockOf(product), Is.Zero);
        await SystemInvariants.ShouldHold();
    }

    [Test]
    public async Task Should_not_deadlock_when_two_products_are_bought_in_opposite_order()
    {
        var (umbrella, coat) = (await TestOrder.ListProduct(stock: Buyers), await TestOrder.ListProduct(stock: Buyers));
        await WaitUntilOrdersKnows(umbrella);
        await WaitUntilOrdersKnows(coat);

        var outcomes = await Outcomes(number => new
        {
            lines = (number % 2 == 0 ? new[] { umbrella, coat } : [coat, umbrella]).Select(productId => new { productId, quantity = 1 }),
            paymentMethod = "CARD",
        });

        Assert.That(outcomes, Is.EqualTo(new[] { $"{Buyers} CONFIRMED" }));
        Assert.That((await TestOrder.StockOf(umbrella), await TestOrder.StockOf(coat)), Is.EqualTo((0, 0)));
        Assert.That(await Deadlocks(), Is.Zero, "since the databases were created");
        await SystemInvariants.ShouldHold();
    }

    [Test]
    public async Task Should_cancel_every_order_at_any_time_its_customer_cancels()
    {
        const int orders = 40;
        var product = await TestOrder.ListProduct(stock: orders);
        await WaitUntilOrdersKnows(product);

        // At growing delays: before the stock is reserved, during the charge, after the confirmation.
        var cancelled = await Task.WhenAll(Enumerable.Range(0, orders).Select(async number =>
        {
            var order = await TestOrder.Place(_customers[number % _customers.Count], product);
            await Task.Delay(TimeSpan.FromMilliseconds(10 * number));
            await order.Cancel();
            return order;
        }));

        foreach (var order in cancelled)
        {
            await order.WaitForStatus("CANCELLED CUSTOMER");
            Assert.That(await order.Payments(), Is.SubsetOf(new[] { "FAILED", "REFUNDED" }));
        }

        Assert.That(await TestOrder.StockOf(product), Is.EqualTo(orders));
        await SystemInvariants.ShouldHold();
    }

    private async Task WaitUntilOrdersKnows(long product)
    {
        var trial = await TestOrder.Place(_customers[0], product, quantity: 1_000);
        await trial.WaitForStatus("CANCELLED OUT_OF_STOCK");
    }

    /// <summary>Places all orders concurrently; returns how many ended with which status.</summary>
    private async Task<IEnumerable<string>> Outcomes(Func<int, object> body)
    {
        var orders = await Task.WhenAll(
            Enumerable.Range(0, Buyers).Select(number => TestOrder.Place(_customers[number % _customers.Count], body(number))));
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
        return final.CountBy(order => TestOrder.StatusOf(order!)).Select(outcome => $"{outcome.Value} {outcome.Key}")
            .Order(StringComparer.Ordinal);
    }

    private static Task<long> Deadlocks() => ServiceDatabase.Query<long>("Products", "SELECT sum(deadlocks)::bigint FROM pg_stat_database");
}
