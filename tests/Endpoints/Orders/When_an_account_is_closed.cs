using ShopSaga.Contracts.Users;

namespace ShopSaga.Tests.Endpoints.Orders;

internal sealed class When_an_account_is_closed
{
    private const string Card = """{"productId":1,"quantity":2,"paymentMethod":"CARD"}""";
    private OrdersApp _orders = null!;

    [OneTimeSetUp]
    public async Task Start() => _orders = await OrdersApp.Start();

    [OneTimeTearDown]
    public ValueTask Stop() => _orders.DisposeAsync();

    [Test]
    public async Task Should_empty_its_cart_and_keep_its_orders_and_other_carts()
    {
        var (former, other) = (_orders.Customer(51), _orders.Customer(52));
        Assert.That((await former.Post("/orders", Card)).Status, Is.EqualTo(202));
        foreach (var customer in new[] { former, other })
        {
            Assert.That((await customer.Send(HttpMethod.Put, "/cart/items/1", """{"quantity":1}""")).Status, Is.EqualTo(200));
        }

        await _orders.Publish(new AccountClosed(51, DateTimeOffset.UtcNow));
        await _orders.Publish(new AccountClosed(51, DateTimeOffset.UtcNow));

        await _orders.Eventually("SELECT count(*) = 0 FROM cart_items WHERE user_id = 51");
        Assert.That(await _orders.Query<long>("SELECT count(*) FROM orders WHERE user_id = 51"), Is.EqualTo(1));
        Assert.That(await _orders.Query<long>("SELECT count(*) FROM cart_items WHERE user_id = 52"), Is.EqualTo(1));
    }
}
