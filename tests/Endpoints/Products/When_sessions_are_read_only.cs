using System.Net;
using System.Net.Http.Json;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using ShopSaga.Products;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Products;

/// <summary>The sessions of a pool stay as they are when the server becomes a standby, or another one takes its place.</summary>
internal sealed class When_sessions_are_read_only
{
    private const int Requests = 10;
    private ServiceApp<Product> _app = null!;
    private HttpClient _admin = null!;
    private long _product;

    [SetUp]
    public async Task Start()
    {
        _app = await ServiceApp<Product>.Start();
        _admin = _app.Admin();
        using var created = await _admin.PostAsJsonAsync(
            "products", new { name = "Lamp", category = "Light", price = 1000, stockQuantity = 1 });
        _product = (await created.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<Product>())!.Id;
    }

    [TearDown]
    public async Task Stop()
    {
        _admin.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task Should_leave_them_once_the_database_takes_writes_again()
    {
        await ChangePrices();
        await SetReadOnly("on");
        await ExecuteOnAllIdle("SET default_transaction_read_only = on");
        Assert.That((await ChangePrices()).Distinct(), Is.EqualTo(new[] { HttpStatusCode.ServiceUnavailable }));

        await SetReadOnly("off");
        var afterwards = await ChangePrices();

        Assert.That(afterwards, Has.All.EqualTo(HttpStatusCode.OK).Or.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await ChangePrices(), Has.All.EqualTo(HttpStatusCode.OK));
    }

    /// <summary>A statement that fails after it was prepared and before it began breaks its connection at the next use.</summary>
    [Test]
    public async Task Should_answer_503_once_to_a_request_that_meets_a_broken_statement()
    {
        const string Lock =
            $"SELECT {Product.Columns} FROM products WHERE id = @id AND withdrawn_at IS NULL FOR NO KEY UPDATE";
        await ExecuteOnAllIdle("SET default_transaction_read_only = on");
        await OnAllIdle(async connection =>
        {
            for (var use = 1; use <= 2; use++)
            {
                Assert.That(
                    async () => await connection.QueryAsync<Product>(Lock, new { id = _product }),
                    Throws.InstanceOf<PostgresException>());
            }
        });
        await ExecuteOnAllIdle("SET default_transaction_read_only = off");

        var statuses = await ChangePrices();

        Assert.That(statuses.Where(status => status != HttpStatusCode.OK), Is.EqualTo(new[] { HttpStatusCode.ServiceUnavailable }));
    }

    private async Task<List<HttpStatusCode>> ChangePrices()
    {
        var statuses = new List<HttpStatusCode>();
        for (var price = 1; price <= Requests; price++)
        {
            using var answer = await _admin.PutAsJsonAsync($"products/{_product}", new { name = "Lamp", category = "Light", price });
            statuses.Add(answer.StatusCode);
        }

        return statuses;
    }

    private Task ExecuteOnAllIdle(string sql) => OnAllIdle(connection => connection.ExecuteAsync(sql));

    /// <summary>More than the service has open by now, so that none of the pool is left out.</summary>
    private async Task OnAllIdle(Func<NpgsqlConnection, Task> use)
    {
        var pool = _app.Services.GetRequiredService<NpgsqlDataSource>();
        var taken = new List<NpgsqlConnection>();
        try
        {
            while (taken.Count < Requests)
            {
                taken.Add(await pool.OpenConnectionAsync());
                await use(taken[^1]);
            }
        }
        finally
        {
            foreach (var connection in taken)
            {
                await connection.DisposeAsync();
            }
        }
    }

    private async Task SetReadOnly(string value)
    {
        await using var admin = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(_app.Database) { Pooling = false, Options = "-c default_transaction_read_only=off" }
                .ToString());
        await admin.ExecuteAsync($"ALTER DATABASE \"{admin.Database}\" SET default_transaction_read_only = {value}");
    }
}
