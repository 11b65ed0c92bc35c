using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Contracts.Users;
using ShopSaga.Tests.Endpoints.Support;
using ShopSaga.Users.Registering;

namespace ShopSaga.Tests.Endpoints.Users;

[TestFixture]
[FixtureLifeCycle(LifeCycle.SingleInstance)]
internal sealed class When_a_user_closes_the_account
{
    private const int PatienceMs = 60_000;
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;
    private static long _lastOrder;
    private ServiceApp<Registration> _users = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _users = await UsersApp.Start();
        using var client = _users.Anonymous();
        Assert.That(async () => (await client.GetAsync("/health/ready")).IsSuccessStatusCode, Is.True.After(PatienceMs, 20));
    }

    [OneTimeTearDown]
    public async Task Stop() => await _users.DisposeAsync();

    [Test]
    public async Task Should_erase_the_account_end_all_sessions_and_let_the_address_register_again()
    {
        var former = await _users.Register("closing@shop.test", "Former Name");
        var (access, refresh) = await _users.LogIn("closing@shop.test");
        await using var events = await Subscription<AccountClosed>.On(_users.Broker);

        Assert.That(await Close(access), Is.EqualTo(HttpStatusCode.NoContent));

        Assert.That((await events.Next()).UserId, Is.EqualTo(former.GetProperty("id").GetInt64()));
        using var client = _users.With(access);
        using var me = await client.GetAsync("/users/me");
        using var refreshed = await client.PostAsJsonAsync("/auth/refresh", new { refreshToken = refresh });
        using var logIn = await client.PostAsJsonAsync("/auth/login", new { email = "closing@shop.test", password = UsersApp.Password });
        Assert.That(
            (me.StatusCode, refreshed.StatusCode, logIn.StatusCode),
            Is.EqualTo((HttpStatusCode.NotFound, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized)));
        Assert.That(await Find("Former Name"), Is.Empty);
        Assert.That(await Find("closing@shop.test"), Is.Empty);
        Assert.That(
            (await _users.Register("closing@shop.test")).GetProperty("id").GetInt64(), Is.GreaterThan(former.GetProperty("id").GetInt64()));
    }

    [Test]
    public async Task Should_refuse_a_wrong_password_and_keep_the_account()
    {
        await _users.Register("keeps@shop.test");
        var (access, _) = await _users.LogIn("keeps@shop.test");
        using var client = _users.With(access);

        using var answer = await client.SendAsync(Request("wrong password"));

        await Problem.Expect(answer, HttpStatusCode.BadRequest, "validation", "password");
        await _users.LogIn("keeps@shop.test");
    }

    [Test]
    public async Task Should_be_done_by_one_of_many_at_once()
    {
        await _users.Register("once@shop.test");
        var (access, _) = await _users.LogIn("once@shop.test");

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Close(access)));

        Assert.That(answers.Count(answer => answer == HttpStatusCode.NoContent), Is.EqualTo(1));
        Assert.That(answers, Is.All.EqualTo(HttpStatusCode.NoContent).Or.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task Should_wait_for_an_order_until_it_is_cancelled() => await AssertBlockedUntil(
        order => [new OrderCancelled(order, "OUT_OF_STOCK", Now)]);

    [Test]
    public async Task Should_wait_for_a_declined_order_until_its_stock_is_returned() => await AssertBlockedUntil(
        order => [new PaymentFailed(order, "DECLINED", Now), new OrderCancelled(order, "PAYMENT_DECLINED", Now)],
        order => new StockReleased(order, Now));

    [Test]
    public async Task Should_wait_for_an_order_until_it_is_confirmed() => await AssertBlockedUntil(
        order => [new OrderConfirmed(order, 1, Now)]);

    [Test]
    public async Task Should_wait_for_a_cancellation_until_money_and_stock_are_returned() => await AssertBlockedUntil(
        order => [new OrderCancelled(order, "CUSTOMER", Now), new OrderConfirmed(order, 1, Now), new StockReleased(order, Now)],
        order => new PaymentRefunded(order, 1, 500, Now));

    /// <summary>Products finds too little stock after the customer has cancelled, and then has nothing to release.</summary>
    [Test]
    public async Task Should_take_a_rejection_as_the_answer_about_the_stock_of_a_cancelled_order() => await AssertBlockedUntil(
        order => [new OrderCancelled(order, "CUSTOMER", Now), new PaymentFailed(order, "ORDER_CANCELLED", Now)],
        order => new StockRejected(order, []));

    /// <summary>The provider declines, captures after all, and PaymentCompleted overtakes PaymentFailed.</summary>
    [Test]
    public async Task Should_wait_for_the_refund_of_a_failed_payment_that_was_captured_after_all()
    {
        var user = await _users.Register("captured@shop.test");
        var (access, _) = await _users.LogIn("captured@shop.test");
        var order = Interlocked.Increment(ref _lastOrder);
        object[] events =
        [
            Placed(order, user), new OrderConfirmed(order, 1, Now), new PaymentFailed(order, "DECLINED", Now),
            new OrderCancelled(order, "CUSTOMER", Now), new StockReleased(order, Now),
        ];
        await Task.WhenAll(events.Select(Publish));
        Assert.That(
            () => Count(
                """
                SELECT count(*) FROM orders_of_users
                WHERE order_id = @order AND user_id IS NOT NULL AND confirmed AND cancelled AND stock_released
                    AND (payment_failed OR money_settled)
                """,
                order),
            Is.EqualTo(1).After(PatienceMs, 20));

        Assert.That(await Close(access), Is.EqualTo(HttpStatusCode.Conflict));
        await Publish(new PaymentRefunded(order, 1, 500, Now));
        Assert.That(async () => await Close(access), Is.EqualTo(HttpStatusCode.NoContent).After(PatienceMs, 20));
    }

    [Test]
    public async Task Should_wait_for_a_cancellation_before_the_charge() => await AssertBlockedUntil(
        order => [new PaymentFailed(order, "ORDER_CANCELLED", Now), new OrderCancelled(order, "EXPIRED", Now)],
        order => new StockReleased(order, Now));

    [Test]
    public async Task Should_not_wait_for_an_order_whose_end_overtook_its_beginning()
    {
        var user = await _users.Register("overtaken@shop.test");
        var order = Interlocked.Increment(ref _lastOrder);
        await Publish(new OrderConfirmed(order, 1, Now));
        Assert.That(() => Known(order), Is.EqualTo(1).After(PatienceMs, 20));
        await Publish(Placed(order, user));
        Assert.That(
            () => Count("SELECT count(*) FROM orders_of_users WHERE order_id = @order AND user_id IS NOT NULL", order),
            Is.EqualTo(1).After(PatienceMs, 20));

        Assert.That(await Close((await _users.LogIn("overtaken@shop.test")).Access), Is.EqualTo(HttpStatusCode.NoContent));
    }

    [Test]
    public async Task Should_export_everything_about_the_caller_but_secrets()
    {
        var user = await _users.Register("export@shop.test", "Ex Port");
        var order = Interlocked.Increment(ref _lastOrder);
        await Publish(Placed(order, user));
        Assert.That(() => Known(order), Is.EqualTo(1).After(PatienceMs, 20));
        using var client = _users.With((await _users.LogIn("export@shop.test")).Access);

        var export = await client.GetFromJsonAsync<JsonElement>("/users/me/export");

        var account = export.GetProperty("account");
        Assert.That(
            (account.GetProperty("id").GetInt64(), account.GetProperty("email").GetString(), account.GetProperty("name").GetString()),
            Is.EqualTo((user.GetProperty("id").GetInt64(), "export@shop.test", "Ex Port")));
        Assert.That(export.GetProperty("sessions").GetArrayLength(), Is.EqualTo(1));
        Assert.That(export.GetProperty("orders").ToString(), Is.EqualTo($$"""[{"orderId":{{order}},"isFinal":false}]"""));
        Assert.That(export.ToString(), Does.Not.Contain("ash"));
    }

    [TestCase("DELETE", "/users/me")]
    [TestCase("GET", "/users/me/export")]
    public async Task Should_refuse_a_caller_without_a_token(string method, string path)
    {
        using var client = _users.Anonymous();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await client.SendAsync(request);
        await Problem.Expect(answer, HttpStatusCode.Unauthorized, "unauthenticated");
    }

    /// <summary>The account cannot be closed after the first events of an order, and can after the last.</summary>
    private async Task AssertBlockedUntil(Func<long, object[]> first, Func<long, object>? last = null)
    {
        var email = $"{Guid.NewGuid():N}@shop.test";
        var user = await _users.Register(email);
        var (access, _) = await _users.LogIn(email);
        var order = Interlocked.Increment(ref _lastOrder);
        var events = first(order).ToList();
        if (last is not null)
        {
            events.Add(last(order));
        }

        await Publish(Placed(order, user));
        Assert.That(() => Known(order), Is.EqualTo(1).After(PatienceMs, 20));
        foreach (var happened in events)
        {
            Assert.That(await Close(access), Is.EqualTo(HttpStatusCode.Conflict), $"before {happened}");
            await Publish(happened);
        }

        Assert.That(async () => await Close(access), Is.EqualTo(HttpStatusCode.NoContent).After(PatienceMs, 20));
    }

    private static OrderPlaced Placed(long order, JsonElement user) =>
        new(order, user.GetProperty("id").GetInt64(), [new(1, 1, 500)], 500, "CARD", Now);

    private static HttpRequestMessage Request(string password) => new(HttpMethod.Delete, "/users/me")
    {
        Content = JsonContent.Create(new { password }),
    };

    private async Task<HttpStatusCode> Close(string access)
    {
        using var client = _users.With(access);
        using var answer = await client.SendAsync(Request(UsersApp.Password));
        return answer.StatusCode;
    }

    private Task Publish(object message) => _users.Services.GetRequiredService<IMessageSession>().Publish(message);

    private Task<long> Known(long order) => Count("SELECT count(*) FROM orders_of_users WHERE order_id = @order", order);

    private async Task<long> Count(string sql, long order)
    {
        await using var database = new NpgsqlConnection(_users.Database);
        return await database.ExecuteScalarAsync<long>(sql, new { order });
    }

    /// <summary>The tables of the service that still hold a text. The outbox is the bus's: its records are removed after a while.</summary>
    private async Task<IEnumerable<string>> Find(string text)
    {
        await using var database = new NpgsqlConnection(_users.Database);
        var tables = await database.QueryAsync<string>(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '%OutboxData'");
        var found = new List<string>();
        foreach (var table in tables)
        {
            if (await database.ExecuteScalarAsync<bool>(
                $"SELECT EXISTS (SELECT FROM \"{table}\" AS row WHERE row::text LIKE @pattern)", new { pattern = $"%{text}%" }))
            {
                found.Add(table);
            }
        }

        return found;
    }
}
