using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using ShopSaga.Contracts.Products;
using ShopSaga.Products;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Products;

internal sealed class When_the_catalogue_is_used
{
    private static ServiceApp<Product> _app = null!;
    private static HttpClient _admin = null!;
    private static HttpClient _anybody = null!;

    [OneTimeSetUp]
    public static async Task Start()
    {
        await TestRedis.Clear();
        _app = await ServiceApp<Product>.Start(new() { ["ConnectionStrings:Redis"] = TestRedis.Address });
        (_admin, _anybody) = (_app.Admin(), _app.Anonymous());
    }

    [OneTimeTearDown]
    public static async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Should_list_a_product_and_publish_it()
    {
        await using var listed = await Subscription<ProductListed>.On(_app.Broker);

        using var created = await _admin.PostAsJsonAsync(
            "/products", new { name = "Lamp", category = "Light", price = 2_147_483_647, stockQuantity = 0 });

        Assert.That(created.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        var product = (await created.Content.ReadFromJsonAsync<Product>())!;
        Assert.That(product, Is.EqualTo(new Product(product.Id, "Lamp", "Light", 2_147_483_647, 0, 1)));
        Assert.That(created.Headers.Location?.ToString(), Is.EqualTo($"/products/{product.Id}"));
        Assert.That(created.Headers.ETag?.ToString(), Is.EqualTo("\"1\""));
        Assert.That(
            await listed.Next(happened => happened.ProductId == product.Id),
            Is.EqualTo(new ProductListed(product.Id, "Lamp", "Light", 2_147_483_647, 1)));
        Assert.That(await Read(product.Id), Is.EqualTo(product));
    }

    [TestCase("""{"category":"Light","price":1,"stockQuantity":1}""", "name")]
    [TestCase("""{"name":"  ","category":"Light","price":1,"stockQuantity":1}""", "name")]
    [TestCase("""{"name":"Lamp","category":null,"price":1,"stockQuantity":1}""", "category")]
    [TestCase("""{"name":"Lamp","category":"Light","price":0,"stockQuantity":1}""", "price")]
    [TestCase("""{"name":"Lamp","category":"Light","price":"5","stockQuantity":1}""", "price")]
    [TestCase("""{"name":"Lamp","category":"Light","price":1.5,"stockQuantity":1}""", "price")]
    [TestCase("""{"name":"Lamp","category":"Light","price":2147483648,"stockQuantity":1}""", "price")]
    [TestCase("""{"name":"Lamp","category":"Light","price":1,"stockQuantity":-1}""", "stockQuantity")]
    [TestCase("""{"name":"Lamp","category":"Light","price":1,"stockQuantity":2147483648}""", "stockQuantity")]
    [TestCase("""{"name":"Lamp","category":"Light","price":1}""", "stockQuantity")]
    public async Task Should_name_what_is_wrong_with_a_product(string body, string member)
    {
        using var answer = await _admin.PostAsync("/products", Json(body));

        await AssertInvalid(answer, member);
    }

    [Test]
    public async Task Should_take_the_longest_names_and_no_longer_ones()
    {
        Assert.That((await List(name: new string('가', 200), category: new string('나', 100))).Name, Has.Length.EqualTo(200));

        using var answer = await _admin.PostAsJsonAsync(
            "/products", new { name = new string('가', 201), category = new string('나', 101), price = 1, stockQuantity = 1 });
        await AssertInvalid(answer, "name");
        await AssertInvalid(answer, "category");
    }

    [Test]
    public async Task Should_let_only_the_admin_change_anything()
    {
        var lamp = await List();
        using var customer = _app.Customer(7);
        foreach (var (client, expected) in new[] { (_anybody, HttpStatusCode.Unauthorized), (customer, HttpStatusCode.Forbidden) })
        {
            Assert.That((await client.PostAsJsonAsync("/products", new { })).StatusCode, Is.EqualTo(expected));
            Assert.That((await client.PutAsJsonAsync($"/products/{lamp.Id}", new { })).StatusCode, Is.EqualTo(expected));
            Assert.That((await client.PostAsJsonAsync($"/products/{lamp.Id}/stock", new { delta = 1 })).StatusCode, Is.EqualTo(expected));
            Assert.That((await client.DeleteAsync($"/products/{lamp.Id}")).StatusCode, Is.EqualTo(expected));
        }

        Assert.That(await Read(lamp.Id), Is.EqualTo(lamp));
    }

    [TestCase("/products/999999999")]
    [TestCase("/products/0")]
    [TestCase("/products/-1")]
    [TestCase("/products/lamp")]
    [TestCase("/products/1.0")]
    [TestCase("/products/9223372036854775808")]
    public async Task Should_not_find_what_is_not_there(string path)
    {
        using var answer = await _anybody.GetAsync(path);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
    }

    [Test]
    public async Task Should_tell_a_new_price_as_a_price_and_a_new_name_as_a_listing_with_growing_versions()
    {
        await using var listed = await Subscription<ProductListed>.On(_app.Broker);
        await using var priced = await Subscription<ProductPriceChanged>.On(_app.Broker);
        var lamp = await List();
        await listed.Next(happened => happened.ProductId == lamp.Id);

        using var cheaper = await _admin.PutAsJsonAsync($"/products/{lamp.Id}", new { name = "Lamp", category = "Light", price = 900 });
        using var renamed = await _admin.PutAsJsonAsync($"/products/{lamp.Id}", new { name = "Torch", category = "Light", price = 800 });

        Assert.That(await priced.Next(happened => happened.ProductId == lamp.Id), Is.EqualTo(new ProductPriceChanged(lamp.Id, 900, 2)));
        Assert.That(
            await listed.Next(happened => happened.ProductId == lamp.Id),
            Is.EqualTo(new ProductListed(lamp.Id, "Torch", "Light", 800, 3)));
        Assert.That(
            await renamed.Content.ReadFromJsonAsync<Product>(),
            Is.EqualTo(new Product(lamp.Id, "Torch", "Light", 800, lamp.StockQuantity, 3)));
        Assert.That(renamed.Headers.ETag?.ToString(), Is.EqualTo("\"3\""));
    }

    [TestCase("\"1\"", HttpStatusCode.OK)]
    [TestCase("*", HttpStatusCode.OK)]
    [TestCase("\"7\", \"1\"", HttpStatusCode.OK)]
    [TestCase("\"0\"", HttpStatusCode.PreconditionFailed)]
    [TestCase("W/\"1\"", HttpStatusCode.PreconditionFailed)]
    [TestCase("1", HttpStatusCode.PreconditionFailed)]
    public async Task Should_change_only_the_product_that_the_client_has_seen(string ifMatch, HttpStatusCode expected)
    {
        var lamp = await List();
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/products/{lamp.Id}")
        {
            Content = JsonContent.Create(new { name = "Lamp", category = "Light", price = 900 }),
        };
        request.Headers.TryAddWithoutValidation("If-Match", ifMatch);

        using var answer = await _admin.SendAsync(request);

        Assert.That(answer.StatusCode, Is.EqualTo(expected));
        Assert.That((await Read(lamp.Id)).Price, Is.EqualTo(expected == HttpStatusCode.OK ? 900 : lamp.Price));
    }

    [TestCase("If-Match", "\"1\"", HttpStatusCode.OK, HttpStatusCode.NoContent)]
    [TestCase("If-Match", "\"0\"", HttpStatusCode.PreconditionFailed, HttpStatusCode.PreconditionFailed)]
    [TestCase("If-None-Match", "*", HttpStatusCode.PreconditionFailed, HttpStatusCode.PreconditionFailed)]
    [TestCase("If-None-Match", "\"0\"", HttpStatusCode.OK, HttpStatusCode.NoContent)]
    public async Task Should_hold_every_change_against_what_the_client_has_seen(
        string header, string tags, HttpStatusCode stocked, HttpStatusCode withdrawn)
    {
        var (lamp, vase) = (await List(), await List());
        using var stock = new HttpRequestMessage(HttpMethod.Post, $"/products/{lamp.Id}/stock")
        {
            Content = JsonContent.Create(new { delta = 1 }),
        };
        using var withdraw = new HttpRequestMessage(HttpMethod.Delete, $"/products/{vase.Id}");
        stock.Headers.TryAddWithoutValidation(header, tags);
        withdraw.Headers.TryAddWithoutValidation(header, tags);

        using var first = await _admin.SendAsync(stock);
        using var second = await _admin.SendAsync(withdraw);

        Assert.That((first.StatusCode, second.StatusCode), Is.EqualTo((stocked, withdrawn)));
        Assert.That((await Read(lamp.Id)).StockQuantity, Is.EqualTo(stocked == HttpStatusCode.OK ? 6 : 5));
        using var left = await _anybody.GetAsync($"/products/{vase.Id}");
        Assert.That(left.StatusCode, Is.EqualTo(withdrawn == HttpStatusCode.NoContent ? HttpStatusCode.NotFound : HttpStatusCode.OK));
    }

    [TestCase("\"1\"", HttpStatusCode.NotModified)]
    [TestCase("W/\"1\"", HttpStatusCode.NotModified)]
    [TestCase("\"7\", \"1\"", HttpStatusCode.NotModified)]
    [TestCase("*", HttpStatusCode.NotModified)]
    [TestCase("\"0\"", HttpStatusCode.OK)]
    [TestCase("1", HttpStatusCode.OK)]
    public async Task Should_not_send_again_what_the_client_has(string ifNoneMatch, HttpStatusCode expected)
    {
        var lamp = await List();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/products/{lamp.Id}");
        request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);

        using var answer = await _anybody.SendAsync(request);

        Assert.That(answer.StatusCode, Is.EqualTo(expected));
        Assert.That(answer.Headers.ETag?.ToString(), Is.EqualTo("\"1\""));
        Assert.That(answer.Headers.CacheControl?.ToString(), Is.EqualTo("no-cache"));
        Assert.That(await answer.Content.ReadAsStringAsync(), expected == HttpStatusCode.OK ? Is.Not.Empty : Is.Empty);
    }

    [Test]
    public async Task Should_let_one_of_many_concurrent_changes_of_the_same_version_win()
    {
        var lamp = await List();

        var statuses = await Task.WhenAll(Enumerable.Range(1, 10).Select(async price =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, $"/products/{lamp.Id}")
            {
                Content = JsonContent.Create(new { name = "Lamp", category = "Light", price }),
                Headers = { { "If-Match", "\"1\"" } },
            };
            using var answer = await _admin.SendAsync(request);
            return answer.StatusCode;
        }));

        Assert.That(statuses.Count(status => status == HttpStatusCode.OK), Is.EqualTo(1));
        Assert.That(statuses.Count(status => status == HttpStatusCode.PreconditionFailed), Is.EqualTo(9));
    }

    [TestCase(5, -5, 0)]
    [TestCase(5, 2_147_483_642, 2_147_483_647)]
    public async Task Should_change_the_stock(int before, int delta, int after)
    {
        var lamp = await List(stock: before);

        using var answer = await _admin.PostAsJsonAsync($"/products/{lamp.Id}/stock", new { delta });

        Assert.That(await answer.Content.ReadFromJsonAsync<Product>(), Is.EqualTo(lamp with { StockQuantity = after, Version = 2 }));
        Assert.That(answer.Headers.ETag?.ToString(), Is.EqualTo("\"2\""));
    }

    [TestCase(5, -6)]
    [TestCase(0, -2_147_483_648)]
    [TestCase(5, 2_147_483_643)]
    [TestCase(2_147_483_647, 1)]
    public async Task Should_refuse_a_stock_below_zero_or_above_the_largest_int(int before, int delta)
    {
        var lamp = await List(stock: before);

        using var answer = await _admin.PostAsJsonAsync($"/products/{lamp.Id}/stock", new { delta });

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That((string?)(await Problem(answer))["type"], Is.EqualTo("/problems/conflict"));
        Assert.That(await Read(lamp.Id), Is.EqualTo(lamp));
    }

    [Test]
    public async Task Should_keep_room_for_the_pieces_of_open_orders_but_not_for_sold_ones()
    {
        var lamp = await List(stock: int.MaxValue - 1);
        await Execute(
            """
            INSERT INTO reservations (order_id, state, changed_at) VALUES (@Id, 'RESERVED', now());
            INSERT INTO reservation_lines (order_id, product_id, quantity) VALUES (@Id, @Id, 1000);
            UPDATE products SET stock_quantity = stock_quantity - 1000 WHERE id = @Id
            """,
            lamp.Id);

        using var whileOpen = await _admin.PostAsJsonAsync($"/products/{lamp.Id}/stock", new { delta = 1000 });
        Assert.That(whileOpen.StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That((string?)(await Problem(whileOpen))["detail"], Does.Contain("1000 more are reserved"));

        await Execute("UPDATE reservations SET state = 'COMMITTED' WHERE order_id = @Id", lamp.Id);

        using var whenSold = await _admin.PostAsJsonAsync($"/products/{lamp.Id}/stock", new { delta = 1000 });
        var product = (await whenSold.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<Product>())!;
        Assert.That(product.StockQuantity, Is.EqualTo(int.MaxValue - 1));
    }

    [TestCase("""{"delta":0}""")]
    [TestCase("""{"delta":2147483648}""")]
    [TestCase("""{"delta":"1"}""")]
    [TestCase("""{}""")]
    public async Task Should_name_a_wrong_delta(string body)
    {
        var lamp = await List();

        using var answer = await _admin.PostAsync($"/products/{lamp.Id}/stock", Json(body));

        await AssertInvalid(answer, "delta");
    }

    [Test]
    public async Task Should_withdraw_a_product_for_good()
    {
        await using var withdrawn = await Subscription<ProductWithdrawn>.On(_app.Broker);
        var lamp = await List(category: "Withdrawn");
        await Read(lamp.Id);

        using var answer = await _admin.DeleteAsync($"/products/{lamp.Id}");

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(await withdrawn.Next(happened => happened.ProductId == lamp.Id), Is.EqualTo(new ProductWithdrawn(lamp.Id, 2)));
        Assert.That((await _anybody.GetAsync($"/products/{lamp.Id}")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await _admin.DeleteAsync($"/products/{lamp.Id}")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(
            (await _admin.PutAsJsonAsync($"/products/{lamp.Id}", new { name = "Lamp", category = "Light", price = 900 })).StatusCode,
            Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(
            (await _admin.PostAsJsonAsync($"/products/{lamp.Id}/stock", new { delta = 1 })).StatusCode,
            Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await Browse("category=Withdrawn")).Items, Is.Empty);
    }

    [Test]
    public async Task Should_show_every_write_to_the_read_that_follows_it()
    {
        var lamp = await List();
        using var stop = new CancellationTokenSource();
        var others = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await Read(lamp.Id);
            }
        })).ToList();

        for (var price = 1; price <= 100; price++)
        {
            using var changed = await _admin.PutAsJsonAsync($"/products/{lamp.Id}", new { name = "Lamp", category = "Light", price });
            Assert.That((await Read(lamp.Id)).Price, Is.EqualTo(price));
        }

        await stop.CancelAsync();
        await Task.WhenAll(others);
    }

    [Test]
    public async Task Should_find_by_category_exactly_and_by_a_part_of_the_name_literally_in_any_case()
    {
        var category = $"Finding {Guid.NewGuid()}";
        foreach (var name in new[] { "50% off", "500 off", "a_b", "axb", "ÉCLAIR", "책상 Desk", @"back\slash" })
        {
            await List(name, category);
        }

        Assert.That((await Browse($"category={Uri.EscapeDataString(category)}")).Items, Has.Count.EqualTo(7));
        Assert.That((await Browse($"category={Uri.EscapeDataString(category[..^1])}")).Items, Is.Empty);
        Assert.That((await Browse($"category={Uri.EscapeDataString(category.ToUpperInvariant())}")).Items, Is.Empty);
        foreach (var (q, expected) in new[]
        {
            ("0%", "50% off"), ("_", "a_b"), ("éclair", "ÉCLAIR"), ("상 dESK", "책상 Desk"), (@"\", @"back\slash"), ("500 OFF", "500 off"),
        })
        {
            var found = await Browse($"category={Uri.EscapeDataString(category)}&q={Uri.EscapeDataString(q)}");
            Assert.That(found.Items.Select(product => product.Name), Is.EqualTo(new[] { expected }), q);
        }
    }

    [Test]
    public async Task Should_page_through_every_product_once_while_others_are_added_and_removed()
    {
        var category = Guid.NewGuid().ToString();
        var products = new List<Product>();
        for (var i = 0; i < 7; i++)
        {
            products.Add(await List(category: category));
        }

        var seen = new List<long>();
        var page = await Browse($"category={category}&limit=3");
        while (true)
        {
            seen.AddRange(page.Items.Select(product => product.Id));
            if (page.NextCursor is null)
            {
                break;
            }

            await _admin.DeleteAsync($"/products/{seen[^1]}");
            page = await Browse($"category={category}&limit=3&cursor={Uri.EscapeDataString(page.NextCursor)}");
        }

        Assert.That(seen, Is.EqualTo(products.Select(product => product.Id)));
    }

    [TestCase("limit=0", "limit")]
    [TestCase("limit=101", "limit")]
    [TestCase("limit=ten", "limit")]
    [TestCase("cursor=nonsense", "cursor")]
    public async Task Should_name_a_wrong_parameter(string query, string parameter)
    {
        using var answer = await _anybody.GetAsync($"/products?{query}");

        await AssertInvalid(answer, parameter);
    }

    [Test]
    public async Task Should_serve_everything_when_redis_is_down()
    {
        await using var app = await ServiceApp<Product>.Start(new() { ["ConnectionStrings:Redis"] = "127.0.0.1:9" });
        var admin = app.Admin();
        using var created = await admin.PostAsJsonAsync(
            "/products", new { name = "Lamp", category = "Light", price = 1000, stockQuantity = 5 });
        var lamp = (await created.Content.ReadFromJsonAsync<Product>())!;

        using var priced = await admin.PutAsJsonAsync($"/products/{lamp.Id}", new { name = "Lamp", category = "Light", price = 900 });
        using var stocked = await admin.PostAsJsonAsync($"/products/{lamp.Id}/stock", new { delta = 1 });

        Assert.That(
            await admin.GetFromJsonAsync<Product>($"/products/{lamp.Id}"),
            Is.EqualTo(lamp with { Price = 900, StockQuantity = 6, Version = 3 }));
        Assert.That((await admin.DeleteAsync($"/products/{lamp.Id}")).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await admin.GetAsync($"/products/{lamp.Id}")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    private static async Task<Product> List(string name = "Lamp", string category = "Light", int stock = 5)
    {
        using var created = await _admin.PostAsJsonAsync("/products", new { name, category, price = 1000, stockQuantity = stock });
        return (await created.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<Product>())!;
    }

    private static async Task Execute(string sql, long id)
    {
        await using var connection = new NpgsqlConnection(_app.Database);
        await connection.ExecuteAsync(sql, new { Id = id });
    }

    private static async Task<Product> Read(long id) => (await _anybody.GetFromJsonAsync<Product>($"/products/{id}"))!;

    private static async Task<Found> Browse(string query) => (await _anybody.GetFromJsonAsync<Found>($"/products?{query}"))!;

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private static async Task<JsonNode> Problem(HttpResponseMessage answer) => JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;

    private static async Task AssertInvalid(HttpResponseMessage answer, string member)
    {
        var problem = await Problem(answer);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((string?)problem["type"], Is.EqualTo("/problems/validation"));
        Assert.That(problem["errors"]![member], Is.Not.Null, problem.ToJsonString());
    }

    private sealed record Found(IReadOnlyList<Product> Items, string? NextCursor);
}
