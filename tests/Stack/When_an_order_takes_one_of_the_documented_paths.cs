using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

/// <summary>Takes every path in docs/choreography.md through the gateway, and compares the deliveries with its diagram.</summary>
internal sealed class When_an_order_takes_one_of_the_documented_paths
{
    private const int Stock = 10;

    /// <summary>A message goes to the error queue after seconds, not minutes.</summary>
    private static readonly Dictionary<string, string> FewRetries = new()
    {
        ["Messaging__ImmediateRetries"] = "1",
        ["Messaging__DelayedRetries"] = "1",
        ["Messaging__DelayedRetryIncrease"] = "00:00:01",
    };

    private static readonly string[] Success = ["OrderPlaced", "StockReserved", "PaymentCompleted", "OrderConfirmed", "StockCommitted"];
    private static readonly string[] Declined = ["OrderPlaced", "StockReserved", "PaymentFailed", "OrderCancelled", "StockReleased"];
    private static readonly string[] Compensation = ["OrderCancelled", "PaymentRefunded", "StockReleased"];
    private MessageTap _tap = null!;
    private CustomerClient _customer = null!;
    private long _product;

    [SetUp]
    public async Task Start()
    {
        _tap = await MessageTap.Start();
        _customer = await CustomerClient.Register();
        _product = await TestOrder.ListProduct(Stock);
    }

    [TearDown]
    public async Task Stop()
    {
        _customer.Dispose();
        await _tap.DisposeAsync();
    }

    [Test]
    public async Task Should_follow_the_diagram_All_goes_well()
    {
        var order = await TestOrder.Place(_customer, _product);

        await order.WaitForStatus("CONFIRMED");
        await order.WaitForHistory(Success);
        await ShouldMatchDiagram("All goes well", order, left: Stock - 1);
    }

    [Test]
    public async Task Should_follow_the_diagram_A_line_is_out_of_stock()
    {
        var order = await TestOrder.Place(_customer, _product, quantity: Stock + 1);

        await order.WaitForStatus("CANCELLED OUT_OF_STOCK");
        await order.WaitForHistory("OrderPlaced", "StockRejected", "OrderCancelled");
        Assert.That(await order.Payments(), Is.Empty);
        await ShouldMatchDiagram("A line is out of stock", order, left: Stock);
    }

    [Test]
    public async Task Should_follow_the_diagram_The_card_is_declined()
    {
        var order = await TestOrder.Place(_customer, _product, "CARD_DECLINED");

        await order.WaitForStatus("CANCELLED PAYMENT_DECLINED");
        await order.WaitForHistory(Declined);
        Assert.That(await order.Payments(), Is.EqualTo(new[] { "FAILED" }));
        await ShouldMatchDiagram("The card is declined", order, left: Stock);
    }

    [Test]
    public async Task Should_follow_the_diagram_The_provider_charged_and_did_not_say_so()
    {
        var order = await TestOrder.Place(_customer, _product, "CARD_TIMEOUT_CHARGED");

        await order.WaitForStatus("CONFIRMED");
        await order.WaitForHistory(Success);
        Assert.That(await order.Payments(), Is.EqualTo(new[] { "COMPLETED" }));
        await ShouldMatchDiagram("The provider charged and did not say so", order, left: Stock - 1);
    }

    [Test]
    public async Task Should_follow_the_diagram_The_provider_lost_the_charge()
    {
        var order = await TestOrder.Place(_customer, _product, "CARD_TIMEOUT_LOST");

        await order.WaitForStatus("CANCELLED PAYMENT_DECLINED");
        await order.WaitForHistory(Declined);
        Assert.That(await order.Payments(), Is.EqualTo(new[] { "FAILED" }));
        await ShouldMatchDiagram("The provider lost the charge", order, left: Stock);
    }

    [Test]
    public async Task Should_follow_the_diagram_The_payment_is_captured_but_Orders_fails_to_save()
    {
        await using var configured = await RunningSystem.With("Orders", FewRetries);
        TestOrder order;
        await using (await ServiceDatabase.FailRecordingOf("PaymentCompleted", await _customer.Id()))
        {
            order = await TestOrder.Place(_customer, _product);
            var failed = await _tap.WaitFor(order.Id, "PaymentCompleted", MessageTap.Error);
            Assert.That(failed.FailedIn, Is.EqualTo("ShopSaga.Orders"));
            Assert.That(failed.Failure, Does.Contain(ServiceDatabase.Refusal));
            Assert.That(await order.Status(), Is.EqualTo("PENDING"), "it stays in its state");
            Assert.That(await order.Payments(), Is.EqualTo(new[] { "COMPLETED" }));
        }

        await ErrorQueueReplay.ReturnAll();

        await order.WaitForStatus("CONFIRMED");
        await order.WaitForHistory(Success);
        await ShouldMatchDiagram("The payment is captured, but Orders fails to save", order, left: Stock - 1);
    }

    [Test]
    public async Task Should_follow_the_diagram_The_customer_cancels_while_the_charge_is_under_way()
    {
        var order = await TestOrder.Place(_customer, _product, "CARD_SLOW");
        await Eventually.Get(
            async () => (await order.Payments()).SingleOrDefault(),
            () => $"a payment of order {order.Id} begins");
        await order.Cancel();

        await order.WaitForStatus("CANCELLED CUSTOMER");
        Assert.That(await order.Payments(), Is.SubsetOf(new[] { "FAILED", "REFUNDED" }));
        await ShouldMatchDiagram("The customer cancels while the charge is under way", order, left: Stock);
    }

    [Test]
    public async Task Should_follow_the_diagram_The_customer_cancels_a_confirmed_order()
    {
        var order = await TestOrder.Place(_customer, _product);
        await order.WaitForHistory(Success);
        await order.Cancel();

        await order.WaitForStatus("CANCELLED CUSTOMER");
        await order.WaitForHistory([.. Success, .. Compensation]);
        Assert.That(await order.Payments(), Is.EqualTo(new[] { "REFUNDED" }));
        await ShouldMatchDiagram("The customer cancels a confirmed order", order, left: Stock);
    }

    [Test]
    public async Task Should_follow_the_diagram_The_shop_refunds_the_payment()
    {
        var order = await TestOrder.Place(_customer, _product);
        await order.WaitForHistory(Success);
        await RunningSystem.Admin.Post($"payments/{await order.PaymentId()}/cancel", new { });

        await order.WaitForStatus("CANCELLED SHOP");
        await order.WaitForHistory([.. Success, .. Compensation]);
        Assert.That(await order.Payments(), Is.EqualTo(new[] { "REFUNDED" }));
        await ShouldMatchDiagram("The shop refunds the payment", order, left: Stock);
    }

    [Test]
    public async Task Should_follow_the_diagram_The_order_expires_and_the_payment_comes_late()
    {
        await using var configured = await RunningSystem.With("Orders", new(FewRetries) { ["Orders__Expiry"] = "00:00:08" });
        TestOrder order;
        await using (await ServiceDatabase.FailRecordingOf("PaymentCompleted", await _customer.Id()))
        {
            order = await TestOrder.Place(_customer, _product);
            await order.WaitForStatus("CANCELLED EXPIRED");
            await _tap.WaitFor(order.Id, "PaymentCompleted", MessageTap.Error);
        }

        await ErrorQueueReplay.ReturnAll();

        await order.WaitForHistory(
            "OrderPlaced", "StockReserved", "PaymentCompleted", "OrderCancelled", "PaymentRefunded", "StockReleased");
        Assert.That(await order.Status(), Is.EqualTo("CANCELLED EXPIRED"));
        Assert.That(await order.Payments(), Is.EqualTo(new[] { "REFUNDED" }));
        await ShouldMatchDiagram("The order expires, and the payment comes late", order, left: Stock);
    }

    [Test]
    public async Task Should_follow_the_diagram_A_refund_fails_at_the_provider()
    {
        await using var configured = await RunningSystem.With("Payments", FewRetries);
        var order = await TestOrder.Place(_customer, _product);
        await order.WaitForHistory(Success);
        await RunningSystem.Stack.Kill("psp");
        try
        {
            await order.Cancel();
            var failed = await _tap.WaitFor(order.Id, "RefundPayment", MessageTap.Error);
            Assert.That(failed.FailedIn, Is.EqualTo("ShopSaga.Payments"));
            await order.WaitForHistory([.. Success, "OrderCancelled", "StockReleased"]);
            Assert.That(await order.Status(), Is.EqualTo("CANCELLING CUSTOMER"), "visible to the customer");
            Assert.That(await order.Payments(), Is.EqualTo(new[] { "REFUNDING" }));
        }
        finally
        {
            await RunningSystem.Stack.Start("psp");
        }

        await ErrorQueueReplay.ReturnAll();

        await order.WaitForStatus("CANCELLED CUSTOMER");
        await order.WaitForHistory([.. Success, .. Compensation]);
        await ShouldMatchDiagram("A refund fails at the provider", order, left: Stock);
    }

    [Test]
    public void Should_follow_every_diagram() => Assert.That(
        GetType().GetMethods().Where(method => method.ReturnType == typeof(Task) && method.IsDefined(typeof(TestAttribute), false))
            .Select(method => method.Name),
        Is.EquivalentTo(SequenceDiagram.All.Select(diagram =>
            "Should_follow_the_diagram_" + diagram.Title.Replace(",", "", StringComparison.Ordinal).Replace(' ', '_'))));

    private async Task ShouldMatchDiagram(string title, TestOrder order, int left)
    {
        var diagram = SequenceDiagram.All.Single(diagram => diagram.Title == title);
        await Eventually.Get(
            () => Task.FromResult(diagram.Differences(_tap.About(order.Id)).Any() ? null : diagram),
            () => $"the deliveries match '{title}'; {string.Join("; ", diagram.Differences(_tap.About(order.Id)))}");
        Assert.That(await TestOrder.StockOf(_product), Is.EqualTo(left));
        await SystemInvariants.ShouldHold();
    }
}
