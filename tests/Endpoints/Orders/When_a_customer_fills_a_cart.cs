namespace ShopSaga.Tests.Endpoints.Orders;

internal sealed class When_a_customer_fills_a_cart
{
    private const string Empty = """{"lines":[],"totalAmount":0}""";
    private const string Card = """{"paymentMethod":"CARD"}""";
    private OrdersApp _orders = null!;

    [OneTimeSetUp]
    public async Task Start() => _orders = await OrdersApp.Start();

    [OneTimeTearDown]
    public ValueTask Stop() => _orders.DisposeAsync();

    [Test]
    public async Task Should_show_what_is_in_it_at_todays_prices()
    {
        var customer = _orders.Customer(31);

        await Put(customer, OrdersApp.Desk, 1000);
        await Put(customer, OrdersApp.Lamp, 1);
        var (status, cart) = await Put(customer, OrdersApp.Lamp, 2);

        Assert.That(status, Is.EqualTo(200));
        Assert.That(cart.ToJsonString(), Is.EqualTo(
            """{"lines":[{"productId":1,"name":"Lamp","unitPrice":500,"quantity":2},"""
            + """{"productId":2,"name":"Desk","unitPrice":2147483647,"quantity":1000}],"totalAmount":2147483648000}"""));
        Assert.That((await customer.Read("/cart")).Body.ToJsonString(), Is.EqualTo(cart.ToJsonString()));
        Assert.That((await _orders.Customer(32).Read("/cart")).Body.ToJsonString(), Is.EqualTo(Empty));
    }

    [Test]
    public async Task Should_take_out_one_product_or_all()
    {
        var customer = _orders.Customer(33);
        await Put(customer, OrdersApp.Lamp, 1);
        await Put(customer, OrdersApp.Desk, 1);

        var (status, cart) = await customer.Send(HttpMethod.Delete, "/cart/items/1");
        Assert.That(status, Is.EqualTo(200));
        Assert.That(cart["lines"]!.AsArray().Single()!["productId"]!.GetValue<long>(), Is.EqualTo(2));

        Assert.That((await customer.Send(HttpMethod.Delete, "/cart")).Status, Is.EqualTo(204));
        Assert.That((await customer.Read("/cart")).Body.ToJsonString(), Is.EqualTo(Empty));
    }

    [TestCase("/cart/items/1", """{"quantity":0}""", 400, "quantity")]
    [TestCase("/cart/items/1", """{"quantity":1001}""", 400, "quantity")]
    [TestCase("/cart/items/1", "{}", 400, "quantity")]
    [TestCase("/cart/items/3", """{"quantity":1}""", 400, "productId")]
    [TestCase("/cart/items/44", """{"quantity":1}""", 400, "productId")]
    [TestCase("/cart/items/lamp", """{"quantity":1}""", 404, null)]
    public async Task Should_refuse_what_cannot_be_put_in(string path, string body, int expected, string? member)
    {
        var (status, problem) = await _orders.Customer().Send(HttpMethod.Put, path, body);

        Assert.That(status, Is.EqualTo(expected));
        Assert.That(problem["errors"]?.AsObject().Single().Key, Is.EqualTo(member));
    }

    [Test]
    public async Task Should_sell_the_cart_once_however_many_check_out_at_once()
    {
        var customer = _orders.Customer(34);
        await Put(customer, OrdersApp.Lamp, 3);
        await Put(customer, OrdersApp.Desk, 1);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => customer.Post("/cart/checkout", Card)));

        Assert.That(answers.Select(answer => answer.Status).Order(), Is.EqualTo(new[] { 202, 409, 409, 409, 409, 409, 409, 409 }));
        var order = answers.Single(answer => answer.Status == 202).Body;
        Assert.That(order["totalAmount"]!.GetValue<long>(), Is.EqualTo(1500 + 2147483647L));
        Assert.That(answers.First(answer => answer.Status == 409).Body["type"]!.GetValue<string>(), Is.EqualTo("/problems/cart-empty"));
        Assert.That((await customer.Read("/cart")).Body.ToJsonString(), Is.EqualTo(Empty));
        Assert.That(await _orders.Query<long>("SELECT count(*) FROM orders WHERE user_id = 34"), Is.EqualTo(1));
    }

    [Test]
    public async Task Should_keep_the_cart_and_name_the_product_when_one_was_withdrawn_meanwhile()
    {
        var customer = _orders.Customer(35);
        await Put(customer, OrdersApp.Lamp, 1);
        await _orders.Execute("INSERT INTO cart_items (user_id, product_id, quantity) VALUES (35, 3, 2)");

        var (status, problem) = await customer.Post("/cart/checkout", Card);

        Assert.That(status, Is.EqualTo(400));
        Assert.That(problem["errors"]!["lines[1].productId"]![0]!.GetValue<string>(), Does.Contain("Product 3"));
        Assert.That((await customer.Read("/cart")).Body["lines"]!.AsArray(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Should_hold_a_hundred_products_at_most()
    {
        var customer = _orders.Customer(36);
        await _orders.Execute(
            """
            INSERT INTO price_list (product_id, name, price, version) SELECT id, 'Book', 10, 1 FROM generate_series(1000, 1099) id;
            INSERT INTO cart_items (user_id, product_id, quantity) SELECT 36, id, 1 FROM generate_series(1000, 1098) id;
            """);

        var answers = await Task.WhenAll(Put(customer, OrdersApp.Lamp, 1), Put(customer, 1099, 1));

        Assert.That(answers.Select(answer => answer.Status).Order(), Is.EqualTo(new[] { 200, 400 }));
        Assert.That((await customer.Post("/cart/checkout", Card)).Status, Is.EqualTo(202));
    }

    [Test]
    public async Task Should_not_check_out_without_a_payment_method() =>
        Assert.That((await _orders.Customer(37).Post("/cart/checkout", "{}")).Body["errors"]!["paymentMethod"], Is.Not.Null);

    private static Task<(int Status, System.Text.Json.Nodes.JsonNode Body)> Put(HttpClient customer, long product, int quantity) =>
        customer.Send(HttpMethod.Put, $"/cart/items/{product}", $$"""{"quantity":{{quantity}}}""");
}
