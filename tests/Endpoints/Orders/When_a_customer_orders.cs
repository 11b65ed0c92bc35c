using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Orders.Lifecycle;

namespace ShopSaga.Tests.Endpoints.Orders;

internal sealed class When_a_customer_orders
{
    private static readonly DateTimeOffset Later = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private OrdersApp _orders = null!;

    [OneTimeSetUp]
    public async Task Start() => _orders = await OrdersApp.Start();

    [OneTimeTearDown]
    public ValueTask Stop() => _orders.DisposeAsync();

    [Test]
    public async Task Should_accept_the_order_and_say_where_to_track_it()
    {
        var customer = _orders.Customer();

        using var response = await customer.PostAsJsonAsync("/orders", new { productId = 1, quantity = 3, paymentMethod = "CARD" });

        var order = (await response.Content.ReadFromJsonAsync<JsonObject>())!;
        Assert.That((int)response.StatusCode, Is.EqualTo(202));
        Assert.That(response.Headers.Location!.OriginalString, Is.EqualTo($"/orders/{order["id"]}"));
        Assert.That(
            order.Select(member => member.Key),
            Is.EqualTo("id userId status reason lines totalAmount paymentMethod paymentId createdAt updatedAt".Split(' ')));
        Assert.That(order["status"]!.GetValue<string>(), Is.EqualTo("PENDING"));
        Assert.That(order["userId"]!.GetValue<long>(), Is.EqualTo(7));
        Assert.That(order["totalAmount"]!.GetValue<long>(), Is.EqualTo(1500));
        Assert.That(order["lines"]!.ToJsonString(), Is.EqualTo("""[{"productId":1,"name":"Lamp","quantity":3,"unitPrice":500}]"""));
        var (_, read) = await customer.Read(response.Headers.Location.OriginalString);
        Assert.That(read.ToJsonString(), Is.EqualTo(order.ToJsonString()));
    }

    [Test]
    public async Task Should_add_up_the_lines_of_a_product()
    {
        var (status, order) = await _orders.Customer().Post(
            "/orders",
            """
            {
              "lines":[{"productId":2,"quantity":1},{"productId":1,"quantity":600},{"productId":1,"quantity":400}],
              "paymentMethod":"CARD",
              "id":5
            }
            """);

        Assert.That(status, Is.EqualTo(202));
        Assert.That(
            order["lines"]!.ToJsonString(),
            Is.EqualTo(
                """[{"productId":2,"name":"Desk","quantity":1,"unitPrice":2147483647},"""
                + """{"productId":1,"name":"Lamp","quantity":1000,"unitPrice":500}]"""));
        Assert.That(order["totalAmount"]!.GetValue<long>(), Is.EqualTo(2_147_483_647L + 500_000));
    }

    [Test]
    public async Task Should_reckon_the_dearest_possible_order()
    {
        await _orders.Execute(
            """
            INSERT INTO price_list (product_id, name, price, version)
            SELECT id, 'Gold', 2147483647, 1 FROM generate_series(1000, 1099) id
            """);
        var lines = string.Join(',', Enumerable.Range(1000, 100).Select(id => $$"""{"productId":{{id}},"quantity":1000}"""));

        var (status, order) = await _orders.Customer().Post("/orders", $$"""{"lines":[{{lines}}],"paymentMethod":"CARD"}""");

        Assert.That(status, Is.EqualTo(202), order.ToJsonString());
        Assert.That(order["totalAmount"]!.GetValue<long>(), Is.EqualTo(214_748_364_700_000));
    }

    [TestCase("", "body")]
    [TestCase("[]", "body")]
    [TestCase("null", "body")]
    [TestCase("""{"productId":1,"quantity":1}""", "paymentMethod")]
    [TestCase("""{"productId":1,"quantity":1,"paymentMethod":null}""", "paymentMethod")]
    [TestCase("""{"productId":1,"quantity":1,"paymentMethod":""}""", "paymentMethod")]
    [TestCase("""{"productId":1,"quantity":1,"paymentMethod":"C"}""", "paymentMethod")]
    [TestCase("""{"productId":1,"quantity":1,"paymentMethod":"card"}""", "paymentMethod")]
    [TestCase("""{"productId":1,"quantity":1,"paymentMethod":"CARD\n"}""", "paymentMethod")]
    [TestCase("""{"productId":1,"quantity":1,"paymentMethod":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""", "paymentMethod")]
    [TestCase("""{"quantity":1,"paymentMethod":"CARD"}""", "productId")]
    [TestCase("""{"productId":1,"paymentMethod":"CARD"}""", "quantity")]
    [TestCase("""{"productId":"1","quantity":1,"paymentMethod":"CARD"}""", "productId")]
    [TestCase("""{"productId":1,"quantity":1.5,"paymentMethod":"CARD"}""", "quantity")]
    [TestCase("""{"productId":1,"quantity":0,"paymentMethod":"CARD"}""", "quantity")]
    [TestCase("""{"productId":1,"quantity":1001,"paymentMethod":"CARD"}""", "quantity")]
    [TestCase("""{"productId":1,"quantity":99999999999,"paymentMethod":"CARD"}""", "quantity")]
    [TestCase("""{"productId":99999999999999999999,"quantity":1,"paymentMethod":"CARD"}""", "productId")]
    [TestCase("""{"productId":1,"quantity":1,"lines":[{"productId":1,"quantity":1}],"paymentMethod":"CARD"}""", "lines")]
    [TestCase("""{"lines":[],"paymentMethod":"CARD"}""", "lines")]
    [TestCase("""{"lines":{},"paymentMethod":"CARD"}""", "lines")]
    [TestCase("""{"lines":[null],"paymentMethod":"CARD"}""", "lines[0]")]
    [TestCase("""{"lines":[{"productId":1,"quantity":1},{"productId":2}],"paymentMethod":"CARD"}""", "lines[1].quantity")]
    [TestCase("""{"lines":[{"productId":1,"quantity":-1}],"paymentMethod":"CARD"}""", "lines[0].quantity")]
    [TestCase("""{"lines":[{"productId":1,"quantity":600},{"productId":1,"quantity":401}],"paymentMethod":"CARD"}""", "lines[1].quantity")]
    [TestCase("""{"productId":4,"quantity":1,"paymentMethod":"CARD"}""", "productId")]
    [TestCase("""{"productId":-1,"quantity":1,"paymentMethod":"CARD"}""", "productId")]
    [TestCase("""{"productId":3,"quantity":1,"paymentMethod":"CARD"}""", "productId")]
    [TestCase(
        """{"lines":[{"productId":1,"quantity":1},{"productId":1,"quantity":1},{"productId":3,"quantity":1}],"paymentMethod":"CARD"}""",
        "lines[2].productId")]
    public async Task Should_refuse_and_name_the_member(string body, string member)
    {
        var before = await _orders.Query<long>("SELECT count(*) FROM orders WHERE user_id = 99");

        var (status, problem) = await _orders.Customer(99).Post("/orders", body);

        Assert.That(status, Is.EqualTo(400), problem.ToJsonString());
        Assert.That(problem["type"]!.GetValue<string>(), Is.EqualTo("/problems/validation"));
        Assert.That(problem["errors"]!.AsObject().Select(error => error.Key), Is.EqualTo(new[] { member }));
        Assert.That(await _orders.Query<long>("SELECT count(*) FROM orders WHERE user_id = 99"), Is.EqualTo(before));
    }

    [Test]
    public async Task Should_refuse_more_than_a_hundred_lines()
    {
        var lines = string.Join(',', Enumerable.Repeat("""{"productId":1,"quantity":1}""", 101));

        var (status, problem) = await _orders.Customer().Post("/orders", $$"""{"lines":[{{lines}}],"paymentMethod":"CARD"}""");

        Assert.That(status, Is.EqualTo(400));
        Assert.That(problem["errors"]!["lines"]![0]!.GetValue<string>(), Is.EqualTo("must have 1 to 100 items."));
    }

    [TestCase("""{"lines":[],"paymentMethod":"CARD"}""", "lines", "must have 1 to 100 items.")]
    [TestCase("""{"productId":1,"quantity":0,"paymentMethod":"CARD"}""", "quantity", "must be from 1 to 1000.")]
    [TestCase(
        """{"lines":[{"productId":1,"quantity":1001}],"paymentMethod":"CARD"}""",
        "lines[0].quantity",
        "must be from 1 to 1000.")]
    [TestCase("""{"productId":1,"quantity":1,"paymentMethod":""}""", "paymentMethod", "must be 2 to 40 of A-Z and _.")]
    public async Task Should_say_what_is_allowed(string body, string member, string message)
    {
        var (_, problem) = await _orders.Customer().Post("/orders", body);

        Assert.That(problem["errors"]![member]![0]!.GetValue<string>(), Is.EqualTo(message));
    }

    [Test]
    public async Task Should_say_which_products_cannot_be_had()
    {
        var (_, problem) = await _orders.Customer().Post(
            "/orders", """{"lines":[{"productId":3,"quantity":1},{"productId":44,"quantity":1}],"paymentMethod":"CARD"}""");

        Assert.That(problem["errors"]!["lines[0].productId"]![0]!.GetValue<string>(), Does.Contain("3"));
        Assert.That(problem["errors"]!["lines[1].productId"]![0]!.GetValue<string>(), Does.Contain("44"));
    }

    [Test]
    public async Task Should_be_confirmed_and_tell_its_story_when_all_goes_well()
    {
        var customer = _orders.Customer();
        var id = await customer.Order();

        await _orders.Publish(new StockReserved(id, Later.AddSeconds(1)));
        await _orders.Publish(new PaymentCompleted(id, 33, 7, 500, "CARD", Later.AddSeconds(2)));
        await _orders.Publish(new StockCommitted(id, Later.AddSeconds(3)));
        await _orders.Eventually("SELECT count(*) = 5 FROM order_events WHERE order_id = @id", new { id });

        var (_, order) = await customer.Read($"/orders/{id}");
        Assert.That(order["status"]!.GetValue<string>(), Is.EqualTo("CONFIRMED"));
        Assert.That(order["paymentId"]!.GetValue<long>(), Is.EqualTo(33));
        var (_, history) = await customer.Read($"/orders/{id}/history");
        Assert.That(
            history["items"]!.AsArray().Select(entry => $"{entry!["source"]} {entry["name"]}"),
            Is.EqualTo(new[]
            {
                "Orders OrderPlaced", "Products StockReserved", "Payments PaymentCompleted", "Orders OrderConfirmed",
                "Products StockCommitted",
            }));
        Assert.That(history["items"]![2]!["paymentId"]!.GetValue<long>(), Is.EqualTo(33));
    }

    [Test]
    public async Task Should_say_what_was_short()
    {
        var customer = _orders.Customer();
        var id = await customer.Order();

        await _orders.Publish(new StockRejected(id, [new Shortage(1, 1, 0)]));
        await _orders.Eventually("SELECT status = 'CANCELLED' FROM orders WHERE id = @id", new { id });

        var (_, history) = await customer.Read($"/orders/{id}/history");
        Assert.That(
            history["items"]!.AsArray().Select(entry => entry!["name"]!.GetValue<string>()),
            Is.EqualTo(new[] { "OrderPlaced", "StockRejected", "OrderCancelled" }));
        Assert.That(history["items"]![1]!["shortages"]!.ToJsonString(), Is.EqualTo("""[{"productId":1,"requested":1,"available":0}]"""));
        Assert.That(history["items"]![2]!["reason"]!.GetValue<string>(), Is.EqualTo("OUT_OF_STOCK"));
    }

    [Test]
    public async Task Should_expire_by_the_timeout_of_the_saga_that_an_earlier_version_started()
    {
        var (id, saga) = (await _orders.Customer(8).Order(), Guid.NewGuid());
        await _orders.Execute(
            """
            INSERT INTO "ShopSaga_Orders_OrderLifecycle"
                ("Id", "Metadata", "Data", "PersistenceVersion", "SagaTypeVersion", "Concurrency", "Correlation_OrderId")
            VALUES (@saga, '{}', json_build_object('Id', @saga, 'OrderId', @order)::jsonb, '1.0.0.0', '1.0.0.0', 1, @order)
            """,
            new { saga, order = $"{id}" });

        var timeout = new SendOptions();
        timeout.RouteToThisEndpoint();
        timeout.SetHeader(Headers.SagaId, $"{saga}");
        timeout.SetHeader(Headers.SagaType, typeof(OrderLifecycle).AssemblyQualifiedName!);
        timeout.SetHeader(Headers.IsSagaTimeoutMessage, "True");
        await _orders.Send(new OrderExpired(id), timeout);

        await _orders.Eventually("SELECT status = 'CANCELLING' AND reason = 'EXPIRED' FROM orders WHERE id = @id", new { id });
        Assert.That(await _orders.Query<long>("""SELECT count(*) FROM "ShopSaga_Orders_OrderLifecycle" """), Is.Zero);
    }
}
