using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Orders.Placing;

namespace ShopSaga.Tests.Endpoints.Orders;

internal sealed class When_an_order_is_placed_with_a_key
{
    private const string Body = """{"productId":1,"quantity":2,"paymentMethod":"CARD"}""";
    private static int _keys;
    private OrdersApp _orders = null!;
    private OrdersApp _another = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _orders = await OrdersApp.Start();
        _another = await _orders.StartAnother();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _another.DisposeAsync();
        await _orders.DisposeAsync();
    }

    [Test]
    public async Task Should_place_one_order_however_concurrently_it_is_sent_to_however_many_instances()
    {
        var (user, key) = (NewUser(), NewKey());

        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(number =>
            Place((number % 2 == 0 ? _orders : _another).Customer(user), key, Body)));

        Assert.That(answers.Select(answer => answer.Status), Is.All.EqualTo(202), answers[^1].Body.ToJsonString());
        Assert.That(answers.Select(answer => answer.Body.ToJsonString()).Distinct().Count(), Is.EqualTo(1));
        Assert.That(await OrdersOf(user), Is.EqualTo(1));
        Assert.That(
            await _orders.Query<long>("SELECT count(*) FROM order_events WHERE order_id = @Id", new { answers[0].Id }), Is.EqualTo(1));
    }

    [Test]
    public async Task Should_answer_the_same_when_the_order_has_moved_on()
    {
        var customer = _orders.Customer(NewUser());
        var key = NewKey();
        var first = await Place(customer, key, Body);
        await _orders.Publish(new PaymentCompleted(first.Id, 5, 7, 1000, "CARD", DateTimeOffset.UnixEpoch));
        await _orders.Eventually("SELECT status = 'CONFIRMED' FROM orders WHERE id = @Id", new { first.Id });

        var second = await Place(customer, key, Body);

        Assert.That(second.Status, Is.EqualTo(202));
        Assert.That(second.Body.ToJsonString(), Is.EqualTo(first.Body.ToJsonString()));
        var (status, waited) = await Place(customer, key, Body, "wait=5");
        Assert.That((status, waited["status"]!.GetValue<string>()), Is.EqualTo((201, "CONFIRMED")));
    }

    [Test]
    public async Task Should_compare_bodies_as_JSON()
    {
        var customer = _orders.Customer(NewUser());
        var key = NewKey();
        var first = await Place(customer, key, Body);

        var second = await Place(customer, key, """ { "paymentMethod" : "\u0043ARD", "quantity": 2, "productId": 1 } """);

        Assert.That((second.Status, second.Id), Is.EqualTo((202, first.Id)));
    }

    [TestCase("""{"productId":1,"quantity":3,"paymentMethod":"CARD"}""")]
    [TestCase("""{"lines":[{"productId":1,"quantity":2}],"paymentMethod":"CARD"}""")]
    [TestCase("""{"productId":1,"quantity":2,"paymentMethod":"CARD","note":"hurry"}""")]
    public async Task Should_refuse_another_body(string other)
    {
        var user = NewUser();
        var key = NewKey();
        await Place(_orders.Customer(user), key, Body);

        var (status, problem) = await Place(_another.Customer(user), key, other);

        Assert.That((status, problem["type"]!.GetValue<string>()), Is.EqualTo((422, "/problems/idempotency-key-reused")));
        Assert.That(await OrdersOf(user), Is.EqualTo(1));
    }

    [Test]
    public async Task Should_take_one_body_of_many_that_come_at_once()
    {
        var (user, key) = (NewUser(), NewKey());

        var answers = await Task.WhenAll(Enumerable.Range(1, 20).Select(quantity =>
            Place(_orders.Customer(user), key, $$"""{"productId":1,"quantity":{{quantity}},"paymentMethod":"CARD"}""")));

        Assert.That(answers.Count(answer => answer.Status == 202), Is.EqualTo(1));
        Assert.That(answers.Count(answer => answer.Status == 422), Is.EqualTo(19));
        Assert.That(await OrdersOf(user), Is.EqualTo(1));
    }

    [Test]
    public async Task Should_keep_the_keys_of_users_and_routes_apart()
    {
        var (user, other, key) = (NewUser(), NewUser(), NewKey());
        var first = await Place(_orders.Customer(user), key, Body);
        await _orders.Customer(user).Send(HttpMethod.Put, "/cart/items/1", """{"quantity":1}""");

        var ofTheOther = await Place(_orders.Customer(other), key, Body);
        var ofTheCart = await Place(_orders.Customer(user), key, """{"paymentMethod":"CARD"}""", path: "/cart/checkout");

        Assert.That(new[] { first.Status, ofTheOther.Status, ofTheCart.Status }, Is.All.EqualTo(202));
        Assert.That(new[] { first.Id, ofTheOther.Id, ofTheCart.Id }, Is.Unique);
    }

    [Test]
    public async Task Should_check_out_a_cart_once_however_concurrently()
    {
        var (user, key) = (NewUser(), NewKey());
        await _orders.Customer(user).Send(HttpMethod.Put, "/cart/items/1", """{"quantity":4}""");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(number =>
            Place((number % 2 == 0 ? _orders : _another).Customer(user), key, """{"paymentMethod":"CARD"}""", path: "/cart/checkout")));

        Assert.That(answers.Select(answer => (answer.Status, answer.Id)).Distinct().Single().Status, Is.EqualTo(202));
        Assert.That(await OrdersOf(user), Is.EqualTo(1));
    }

    [Test]
    public async Task Should_leave_no_key_behind_when_the_request_is_refused()
    {
        var customer = _orders.Customer(NewUser());
        var key = NewKey();
        const string ofALantern = """{"productId":77,"quantity":1,"paymentMethod":"CARD"}""";
        var refused = await Place(customer, key, ofALantern);
        var empty = await Place(customer, key, """{"paymentMethod":"CARD"}""", path: "/cart/checkout");
        await _orders.Publish(new ProductListed(77, "Lantern", "Light", 900, 1));
        await _orders.Eventually("SELECT count(*) = 1 FROM price_list WHERE product_id = 77");

        var taken = await Place(customer, key, ofALantern);

        Assert.That((refused.Status, empty.Status, taken.Status), Is.EqualTo((400, 409, 202)));
    }

    [TestCase("two words")]
    [TestCase("tab\there")]
    [TestCase("schlüssel")]
    [TestCase("ключ")]
    [TestCase("del\u007f")]
    public Task Should_refuse_a_key_that_is_not_visible_ASCII(string key) => IsRefused(key);

    [Test]
    public Task Should_refuse_a_key_that_is_too_long() => IsRefused(new string('k', 256));

    [TestCase("k")]
    [TestCase("\"8e03978e-40d5-43dd-bc93-6894a57f9324\"")]
    [TestCase("!#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~")]
    public async Task Should_take_any_visible_ASCII_for_a_key(string key) =>
        Assert.That((await Place(_orders.Customer(NewUser()), key, Body)).Status, Is.EqualTo(202));

    [Test]
    public async Task Should_take_a_key_of_255_characters() =>
        Assert.That((await Place(_orders.Customer(NewUser()), new string('k', 255), Body)).Status, Is.EqualTo(202));

    [Test]
    public async Task Should_say_that_it_is_in_progress_when_the_first_one_does_not_come_to_an_end()
    {
        var (user, key) = (NewUser(), NewKey());
        await using var first = await FirstRequest(user, key);

        var (status, problem) = await Place(_orders.Customer(user), key, Body);

        Assert.That((status, problem["type"]!.GetValue<string>()), Is.EqualTo((409, "/problems/in-progress")));
    }

    [Test]
    public async Task Should_be_next_when_the_first_one_fails()
    {
        var (user, key) = (NewUser(), NewKey());
        await using var first = await FirstRequest(user, key);
        var second = Place(_orders.Customer(user), key, Body);
        await _orders.Eventually(
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");

        await first.Connection!.ExecuteAsync("ROLLBACK");

        Assert.That((await second).Status, Is.EqualTo(202));
    }

    [Test]
    public async Task Should_forget_a_key_after_a_day()
    {
        var (user, key) = (NewUser(), NewKey());
        var first = await Place(_orders.Customer(user), key, Body);
        await _orders.Execute(
            "UPDATE idempotency_keys SET created_at = created_at - interval '24 hours' WHERE user_id = @user", new { user });

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ =>
            Place(_orders.Customer(user), key, """{"productId":2,"quantity":1,"paymentMethod":"CARD"}""")));

        Assert.That(answers.Select(answer => answer.Status), Is.All.EqualTo(202));
        Assert.That(answers.Select(answer => answer.Id).Distinct().Single(), Is.Not.EqualTo(first.Id));
    }

    [Test]
    public async Task Should_delete_expired_keys_in_batches()
    {
        await _orders.Execute(
            """
            INSERT INTO idempotency_keys (user_id, route, key, body_digest, order_id, created_at)
            SELECT 900, '/orders', number, '', NULL, now() - CASE WHEN number <= 1200 THEN interval '25 hours' ELSE interval '23 hours' END
              FROM generate_series(1, 1210) number
            """);
        await using var database = NpgsqlDataSource.Create(_orders.Database);
        using var cleanup = new IdempotencyKeyCleanup(database, TimeProvider.System, NullLogger<IdempotencyKeyCleanup>.Instance);

        var removed = new[] { await Remove(), await Remove(), await Remove(), await Remove() };

        Assert.That(removed, Is.EqualTo(new[] { 500, 500, 200, 0 }));
        Assert.That(await _orders.Query<long>("SELECT count(*) FROM idempotency_keys WHERE user_id = 900"), Is.EqualTo(10));

        Task<int> Remove() => cleanup.DeleteBatch(CancellationToken.None);
    }

    [Test]
    public async Task Should_not_delete_a_key_that_a_request_in_flight_may_have_found()
    {
        await _orders.Execute(
            """
            INSERT INTO idempotency_keys (user_id, route, key, body_digest, created_at)
            VALUES (901, '/orders', 'a', '', now() - interval '24 hours 1 minute')
            """);
        await using var database = NpgsqlDataSource.Create(_orders.Database);
        using var cleanup = new IdempotencyKeyCleanup(database, TimeProvider.System, NullLogger<IdempotencyKeyCleanup>.Instance);

        Assert.That(await cleanup.DeleteBatch(CancellationToken.None), Is.Zero);
    }

    private static long NewUser() => 10_000 + Interlocked.Increment(ref _keys);

    private static string NewKey() => $"key-{Interlocked.Increment(ref _keys)}";

    private async Task IsRefused(string key)
    {
        var (status, problem) = await Place(_orders.Customer(NewUser()), key, Body);

        Assert.That(status, Is.EqualTo(400));
        Assert.That(problem["errors"]!["Idempotency-Key"], Is.Not.Null, problem.ToJsonString());
    }

    private Task<long> OrdersOf(long user) => _orders.Query<long>("SELECT count(*) FROM orders WHERE user_id = @user", new { user });

    /// <summary>A request that has written its key, and not come to an end.</summary>
    private async Task<NpgsqlTransaction> FirstRequest(long user, string key)
    {
        var connection = new NpgsqlConnection(_orders.Database);
        await connection.OpenAsync();
        var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync(
            "INSERT INTO idempotency_keys (user_id, route, key, body_digest, created_at) VALUES (@user, '/orders', @key, '', now())",
            new { user, key });
        return transaction;
    }

    private static async Task<Answer> Place(HttpClient customer, string key, string body, string? prefer = null, string path = "/orders")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        if (prefer is not null)
        {
            request.Headers.Add("Prefer", prefer);
        }

        using var response = await customer.SendAsync(request);
        return new Answer((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    private sealed record Answer(int Status, JsonNode Body)
    {
        public long Id => Body["id"]!.GetValue<long>();
    }
}
