using System.Text.Json.Nodes;

namespace ShopSaga.Tests.Endpoints.Orders;

internal sealed class When_a_customer_exports_orders
{
    private const string Card = """{"productId":1,"quantity":1,"paymentMethod":"CARD"}""";
    private OrdersApp _orders = null!;

    [OneTimeSetUp]
    public async Task Start() => _orders = await OrdersApp.Start();

    [OneTimeTearDown]
    public ValueTask Stop() => _orders.DisposeAsync();

    [Test]
    public async Task Should_get_all_orders_with_their_history_and_the_cart_and_nothing_of_others()
    {
        var customer = _orders.Customer(61);
        await _orders.Customer(62).Post("/orders", Card);
        await customer.Send(HttpMethod.Put, "/cart/items/2", """{"quantity":3}""");
        var placed = new List<JsonNode>();

        // More than are read at once.
        for (var number = 0; number < 103; number++)
        {
            placed.Add((await customer.Post("/orders", Card)).Body);
        }

        var (status, export) = await customer.Read("/orders/export");

        Assert.That(status, Is.EqualTo(200));
        var orders = export["orders"]!.AsArray();
        Assert.That(orders.Select(order => Id(order!["order"]!)), Is.EqualTo(placed.Select(Id)));
        Assert.That(orders.Select(order => order!["order"]!["userId"]!.GetValue<long>()), Is.All.EqualTo(61));
        Assert.That(orders.Select(order => order!["history"]![0]!["name"]!.GetValue<string>()), Is.All.EqualTo("OrderPlaced"));
        Assert.That(export["cart"]!["lines"]![0]!["quantity"]!.GetValue<int>(), Is.EqualTo(3));
        Assert.That(export["idempotencyKeys"]!.AsArray(), Is.Empty);
    }

    [Test]
    public async Task Should_get_empty_lists_without_orders()
    {
        var (_, export) = await _orders.Customer(63).Read("/orders/export");

        Assert.That(
            export.ToJsonString(), Is.EqualTo("""{"cart":{"lines":[],"totalAmount":0},"idempotencyKeys":[],"orders":[]}"""));
    }

    [Test]
    public async Task Should_be_refused_without_a_token() =>
        Assert.That((await _orders.Anonymous().Read("/orders/export")).Status, Is.EqualTo(401));

    private static long Id(JsonNode order) => order["id"]!.GetValue<long>();
}
