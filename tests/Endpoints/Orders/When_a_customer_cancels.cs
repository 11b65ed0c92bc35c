using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;

namespace ShopSaga.Tests.Endpoints.Orders;

internal sealed class When_a_customer_cancels
{
    private static readonly DateTimeOffset Later = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private OrdersApp _orders = null!;

    [OneTimeSetUp]
    public async Task Start() => _orders = await OrdersApp.Start(new() { ["Orders:Expiry"] = "00:00:03" });

    [OneTimeTearDown]
    public ValueTask Stop() => _orders.DisposeAsync();

    [Test]
    public async Task Should_cancel_once_however_many_ask_at_once()
    {
        var customer = _orders.Customer();
        var id = await customer.Order();

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => customer.Post($"/orders/{id}/cancel")));

        var accepted = answers.Single(answer => answer.Status == 202).Body;
        Assert.That(accepted["status"]!.GetValue<string>(), Is.EqualTo("CANCELLING"));
        Assert.That(accepted["reason"]!.GetValue<string>(), Is.EqualTo("CUSTOMER"));
        var refused = answers.Where(answer => answer.Status != 202).ToList();
        Assert.That(refused.Select(answer => answer.Status), Is.All.EqualTo(409));
        Assert.That(refused.Select(answer => answer.Body["type"]!.GetValue<string>()), Is.All.EqualTo("/problems/not-cancellable"));
    }

    [Test]
    public async Task Should_be_cancelled_when_stock_and_money_are_back()
    {
        var customer = _orders.Customer();
        var id = await customer.Order();
        await _orders.Publish(new PaymentCompleted(id, 33, 7, 500, "CARD", Later));
        await _orders.Eventually("SELECT status = 'CONFIRMED' FROM orders WHERE id = @id", new { id });

        Assert.That((await customer.Post($"/orders/{id}/cancel")).Status, Is.EqualTo(202));
        await _orders.Publish(new StockReleased(id, Later));
        await _orders.Publish(new PaymentRefunded(id, 33, 500, Later));

        await _orders.Eventually("SELECT status = 'CANCELLED' AND reason = 'CUSTOMER' FROM orders WHERE id = @id", new { id });
        Assert.That((await customer.Post($"/orders/{id}/cancel")).Status, Is.EqualTo(409));
    }

    [Test]
    public async Task Should_not_let_another_customer_cancel()
    {
        var id = await _orders.Customer().Order();

        Assert.That((await _orders.Customer(8).Post($"/orders/{id}/cancel")).Status, Is.EqualTo(404));
        Assert.That((await _orders.Anonymous().Post($"/orders/{id}/cancel")).Status, Is.EqualTo(401));
        Assert.That((await _orders.Customer().Read($"/orders/{id}")).Body["status"]!.GetValue<string>(), Is.EqualTo("PENDING"));
    }

    [Test]
    public async Task Should_expire_when_the_order_is_not_final_in_time()
    {
        var id = await _orders.Customer().Order();

        await _orders.Eventually("SELECT status = 'CANCELLING' AND reason = 'EXPIRED' FROM orders WHERE id = @id", new { id });
    }
}
