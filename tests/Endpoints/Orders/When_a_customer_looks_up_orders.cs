using System.Text.Json.Nodes;

namespace ShopSaga.Tests.Endpoints.Orders;

internal sealed class When_a_customer_looks_up_orders
{
    private OrdersApp _orders = null!;

    [OneTimeSetUp]
    public async Task Start() => _orders = await OrdersApp.Start();

    [OneTimeTearDown]
    public ValueTask Stop() => _orders.DisposeAsync();

    [Test]
    public async Task Should_list_every_order_once_and_newest_first_while_others_are_placed()
    {
        var customer = _orders.Customer(21);
        var placed = new List<long>();
        for (var count = 0; count < 7; count++)
        {
            placed.Add(await customer.Order());
        }

        var seen = new List<long>();
        string? cursor = null;
        do
        {
            var (_, page) = await customer.Read($"/orders?limit=3{(cursor is null ? "" : $"&cursor={cursor}")}");
            seen.AddRange(Ids(page));
            cursor = page["nextCursor"]?.GetValue<string>();
            await customer.Order();
        }
        while (cursor is not null);

        placed.Reverse();
        Assert.That(seen, Is.EqualTo(placed));
    }

    [Test]
    public async Task Should_list_by_status_and_only_the_own_ones()
    {
        var customer = _orders.Customer(22);
        var (kept, cancelled) = (await customer.Order(), await customer.Order());
        await customer.Post($"/orders/{cancelled}/cancel");
        await _orders.Customer(23).Order();

        Assert.That(Ids((await customer.Read("/orders")).Body), Is.EqualTo(new[] { cancelled, kept }));
        Assert.That(Ids((await customer.Read("/orders?status=CANCELLING")).Body), Is.EqualTo(new[] { cancelled }));
        Assert.That(Ids((await customer.Read("/orders?status=PENDING")).Body), Is.EqualTo(new[] { kept }));
        Assert.That(Ids((await customer.Read("/orders?status=CONFIRMED")).Body), Is.Empty);
    }

    [TestCase("status=pending", "status")]
    [TestCase("status=", "status")]
    [TestCase("status=0", "status")]
    [TestCase("limit=0", "limit")]
    [TestCase("limit=101", "limit")]
    [TestCase("limit=1e1", "limit")]
    [TestCase("cursor=x", "cursor")]
    [TestCase("cursor=", "cursor")]
    public async Task Should_refuse_a_bad_parameter_and_name_it(string query, string parameter)
    {
        var (status, problem) = await _orders.Customer().Read($"/orders?{query}");

        Assert.That(status, Is.EqualTo(400));
        Assert.That(problem["errors"]!.AsObject().Select(error => error.Key), Is.EqualTo(new[] { parameter }));
    }

    [TestCase("")]
    [TestCase("/history")]
    public async Task Should_show_an_order_to_its_owner_and_to_the_admin_alone(string what)
    {
        var id = await _orders.Customer(24).Order();

        Assert.That((await _orders.Customer(24).Read($"/orders/{id}{what}")).Status, Is.EqualTo(200));
        Assert.That((await _orders.Admin().Read($"/orders/{id}{what}")).Status, Is.EqualTo(200));
        Assert.That((await _orders.Customer(25).Read($"/orders/{id}{what}")).Status, Is.EqualTo(404));
        Assert.That((await _orders.Anonymous().Read($"/orders/{id}{what}")).Status, Is.EqualTo(401));
        Assert.That((await _orders.Customer(24).Read($"/orders/9999999{what}")).Status, Is.EqualTo(404));
        Assert.That((await _orders.Customer(24).Read($"/orders/first{what}")).Status, Is.EqualTo(404));
        Assert.That((await _orders.Customer(24).Read($"/orders/99999999999999999999{what}")).Status, Is.EqualTo(404));
    }

    private static IEnumerable<long> Ids(JsonNode page) => page["items"]!.AsArray().Select(order => order!["id"]!.GetValue<long>());
}
