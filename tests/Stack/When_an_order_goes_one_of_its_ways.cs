using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

/// <summary>Every way that docs/choreography.md draws, gone through the gateway, and drawn as it went.</summary>
internal sealed class When_an_order_goes_one_of_its_ways
{
    private const int Stock = 10;

    /// <summary>Failing for good takes seconds, not minutes.</summary>
    private static readonly Dictionary<string, string> FewRetries = new()
    {
        ["Messaging__ImmediateRetries"] = "1",
        ["Messaging__DelayedRetries"] = "1",
        ["Messaging__DelayedRetryIncrease"] = "00:00:01",
    };

    private static readonly string[] Success = ["OrderPlaced", "StockReserved", "PaymentCompleted", "OrderConfirmed", "StockCommitted"];
    private static readonly string[] Declined = ["OrderPlaced", "StockReserved", "PaymentFailed", "OrderCancelled", "StockReleased"];
    private static readonly string[] Reversal = ["OrderCancelled", "PaymentRefunded", "StockReleased"];
    private Tap _tap = null!;
    private Visitor _customer = null!;
    private long _product;

    [SetUp]
    public async Task Listen()
    {
        _tap = await Tap.Start();
        _customer = await Visitor.Register();
        _product = await Purchase.List(Stock);
    }

    [TearDown]
    public async Task Leave()
    {
        _customer.Dispose();
        await _tap.DisposeAsync();
    }

    [Test]
    public async Task All_goes_well()
    {
        var order = await Purchase.Place(_customer, _product);

        await order.Becomes("CONFIRMED");
        await order.HasHistory(Success);
        await IsDrawn("All goes well", order, left: Stock - 1);
    }

    [Test]
    public async Task A_line_is_out_of_stock()
    {
        var order = await Purchase.Place(_customer, _product, quantity: Stock + 1);

        await order.Becomes("CANCELLED OUT_OF_STOCK");
        await order.HasHistory("OrderPlaced", "StockRejected", "OrderCancelled");
        Assert.That(await order.Payments(), Is.Empty);
        await IsDrawn("A line is out of stock", order, left: Stock);
    }

    [Test]
    public async Task The_card_is_declined()
    {
        var order = await Purchase.Place(_customer, _product, "CARD_DECLINED");

        await order.Becomes("CANCELLED PAYMENT_DECLINED");
        await order.HasHistory(Declined);
        Assert.That(await order.Payments(), Is.EqualTo(new[] { "FAILED" }));
        await IsDrawn("The card is declined", order, left: Stock);
    }

    [Test]
    public async Task The_provider_charged_and_did_not_say_so()
    {
        var order = await Purchase.Place(_customer, _product, "CARD_TIMEOUT_CHARGED");

        await order.Becomes("CONFIRMED");
        await order.HasHistory(Success);
        Assert.That(await order.Payments(), Is.EqualTo(new[] { "COMPLETED" }));
        await IsDrawn("The provider charged and did not say so", order, left: Stock - 1);
    }

    [Test]
    public async Task The_provider_lost_the_charge()
    {
        var order = await Purchase.Place(_customer, _product, "CARD_TIMEOUT_LOST");

        await order.Becomes("CANCELLED PAYMENT_DECLINED");
        await order.HasHistory(Declined);
        Assert.That(await order.Payments(), Is.EqualTo(new[] { "FAILED" }));
        await IsDrawn("The provider lost the charge", order, left: Stock);
    }

    [Test]
    public async Task The_payment_is_taken_but_Orders_fails_to_save()
    {
        await using var impatient = await RunningSystem.With("Orders", FewRetries);
        Purchase order;
        await using (await ServiceDatabase.RefusingToRecord("PaymentCompleted", await _customer.Id()))
        {
            order = await Purchase.Place(_customer, _product);
            var failed = await _tap.Saw(order.Id, "PaymentCompleted", Tap.Error);
            Assert.That(failed.FailedIn, Is.EqualTo("ShopSaga.Orders"));
            Assert.That(failed.Failure, Does.Contain(ServiceDatabase.Refusal));
            Assert.That(await order.Outcome(), Is.EqualTo("PENDING"), "it stays where it stood");
            Assert.That(await order.Payments(), Is.EqualTo(new[] { "COMPLETED" }));
        }

        await Replay.All();

        await order.Becomes("CONFIRMED");
        await order.HasHistory(Success);
        await IsDrawn("The payment is taken, but Orders fails to save", order, left: Stock - 1);
    }

    [Test]
    public async Task The_customer_cancels_while_the_charge_is_under_way()
    {
        var order = await Purchase.Place(_customer, _product, "CARD_SLOW");
        await Eventually.Get(
            async () => (await order.Payments()).SingleOrDefault(),
            () => $"a payment of order {order.Id} begins");
        await order.Cancel();

        await order.Becomes("CANCELLED CUSTOMER");
        Assert.That(await order.Payments(), Is.SubsetOf(new[] { "FAILED", "REFUNDED" }));
        await IsDrawn("The customer cancels while the charge is under way", order, left: Stock);
    }

    [Test]
    public async Task The_customer_cancels_a_confirmed_order()
    {
        var order = await Purchase.Place(_customer, _product);
        await order.HasHistory(Success);
        await order.Cancel();

        await order.Becomes("CANCELLED CUSTOMER");
        await order.HasHistory([.. Success, .. Reversal]);
        Assert.That(await order.Payments(), Is.EqualTo(new[] { "REFUNDED" }));
        await IsDrawn("The customer cancels a confirmed order", order, left: Stock);
    }

    [Test]
    public async Task The_shop_gives_the_money_back()
    {
        var order = await Purchase.Place(_customer, _product);
        await order.HasHistory(Success);
        await RunningSystem.Admin.Post($"payments/{await order.PaymentId()}/cancel", new { });

        await order.Becomes("CANCELLED SHOP");
        await order.HasHistory([.. Success, .. Reversal]);
        Assert.That(await order.Payments(), Is.EqualTo(new[] { "REFUNDED" }));
        await IsDrawn("The shop gives the money back", order, left: Stock);
    }

    [Test]
    public async Task The_order_expires_and_the_payment_comes_late()
    {
        await using var impatient = await RunningSystem.With("Orders", new(FewRetries) { ["Orders__Expiry"] = "00:00:08" });
        Purchase order;
        await using (await ServiceDatabase.RefusingToRecord("PaymentCompleted", await _customer.Id()))
        {
            order = await Purchase.Place(_customer, _product);
            await order.Becomes("CANCELLED EXPIRED");
            await _tap.Saw(order.Id, "PaymentCompleted", Tap.Error);
        }

        await Replay.All();

        await order.HasHistory("OrderPlaced", "StockReserved", "PaymentCompleted", "OrderCancelled", "PaymentRefunded", "StockReleased");
        Assert.That(await order.Outcome(), Is.EqualTo("CANCELLED EXPIRED"));
        Assert.That(await order.Payments(), Is.EqualTo(new[] { "REFUNDED" }));
        await IsDrawn("The order expires, and the payment comes late", order, left: Stock);
    }

    [Test]
    public async Task A_refund_fails_at_the_provider()
    {
        await using var impatient = await RunningSystem.With("Payments", FewRetries);
        var order = await Purchase.Place(_customer, _product);
        await order.HasHistory(Success);
        await RunningSystem.Stack.Kill("psp");
        try
        {
            await order.Cancel();
            var failed = await _tap.Saw(order.Id, "RefundPayment", Tap.Error);
            Assert.That(failed.FailedIn, Is.EqualTo("ShopSaga.Payments"));
            await order.HasHistory([.. Success, "OrderCancelled", "StockReleased"]);
            Assert.That(await order.Outcome(), Is.EqualTo("CANCELLING CUSTOMER"), "and everybody can see it");
            Assert.That(await order.Payments(), Is.EqualTo(new[] { "REFUNDING" }));
        }
        finally
        {
            await RunningSystem.Stack.Start("psp");
        }

        await Replay.All();

        await order.Becomes("CANCELLED CUSTOMER");
        await order.HasHistory([.. Success, .. Reversal]);
        await IsDrawn("A refund fails at the provider", order, left: Stock);
    }

    [Test]
    public void Should_try_every_way_that_is_drawn() => Assert.That(
        Diagram.All.Select(diagram => diagram.Title.Replace(",", "", StringComparison.Ordinal).Replace(' ', '_')),
        Is.EquivalentTo(GetType().GetMethods().Where(method => method.ReturnType == typeof(Task) && method.IsDefined(typeof(TestAttribute), false))
            .Select(method => method.Name)));

    private async Task IsDrawn(string title, Purchase order, int left)
    {
        var diagram = Diagram.All.Single(diagram => diagram.Title == title);
        await Eventually.Get(
            () => Task.FromResult(diagram.Differences(_tap.About(order.Id)).Any() ? null : diagram),
            () => $"'{title}' went as it is drawn; {string.Join("; ", diagram.Differences(_tap.About(order.Id)))}");
        Assert.That(await Purchase.StockOf(_product), Is.EqualTo(left));
        await TheBooks.Balance();
    }
}
