using System.Net;
using System.Net.Http.Json;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using ShopSaga.Products;
using ShopSaga.Tests.Endpoints.Support;
using static ShopSaga.Tests.Endpoints.Products.Events;

namespace ShopSaga.Tests.Endpoints.Products;

/// <summary>A frozen client or a vanished host holds the lock of one product's row. Everything else of the service goes on.</summary>
internal sealed class When_a_session_never_releases_a_product
{
    private const int Orders = 12;
    private const int PatienceMs = 90_000;
    private ServiceApp<Product> _app = null!;
    private NpgsqlDataSource _database = null!;
    private NpgsqlConnection _holder = null!;
    private long _locked;
    private long _free;

    [SetUp]
    public async Task Start()
    {
        _app = await ServiceApp<Product>.Start(new() { ["Messaging:DelayedRetryIncrease"] = "00:00:01" });
        _database = NpgsqlDataSource.Create(_app.Database);
        Assert.That(
            async () => (await _app.Anonymous().GetAsync(new Uri("health/ready", UriKind.Relative))).IsSuccessStatusCode,
            Is.True.After(PatienceMs, 50));
        (_locked, _free) = (await List(), await List());
        _holder = await _database.OpenConnectionAsync();
        await _holder.ExecuteAsync("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0");
        await _holder.ExecuteAsync("SELECT FROM products WHERE id = @_locked FOR UPDATE", new { _locked });
    }

    [TearDown]
    public async Task Stop()
    {
        await _holder.DisposeAsync();
        await _database.DisposeAsync();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task Should_sell_every_other_product_meanwhile_and_this_one_afterwards()
    {
        var session = _app.Services.GetRequiredService<IMessageSession>();
        for (var order = 1; order <= Orders; order++)
        {
            await session.Publish(Placed(order, (_locked, 1)));
        }

        for (var order = Orders + 1; order <= 2 * Orders; order++)
        {
            await session.Publish(Placed(order, (_free, 1)));
        }

        Assert.That(async () => await Reserved(_free), Is.EqualTo(Orders).After(PatienceMs, 50), "orders for another product");
        Assert.That(await Reserved(_locked), Is.Zero, "the lock is held all the time");

        await _holder.ExecuteAsync("ROLLBACK");
        Assert.That(async () => await Reserved(_locked), Is.EqualTo(Orders).After(PatienceMs, 50), "orders for this product");
    }

    [Test]
    public async Task Should_answer_a_request_for_this_product_in_bounded_time_and_for_another_at_once()
    {
        var admin = _app.Admin();

        using var locked = await admin.PostAsJsonAsync($"products/{_locked}/stock", new { delta = 1 });
        using var free = await admin.PostAsJsonAsync($"products/{_free}/stock", new { delta = 1 });

        Assert.That(locked.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(locked.Headers.RetryAfter, Is.Not.Null);
        Assert.That(free.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    private async Task<long> List()
    {
        using var created = await _app.Admin().PostAsJsonAsync(
            "products", new { name = "Lamp", category = "Light", price = 1000, stockQuantity = 1000 });
        return (await created.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<Product>())!.Id;
    }

    private async Task<long> Reserved(long product)
    {
        await using var connection = await _database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<long>(
            "SELECT count(*) FROM reservations JOIN reservation_lines USING (order_id) WHERE product_id = @product AND state = 'RESERVED'",
            new { product });
    }
}
