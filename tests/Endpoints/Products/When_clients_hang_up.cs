using System.Net.Http.Json;
using Dapper;
using Npgsql;
using ShopSaga.Products;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Products;

/// <summary>Requests are aborted at every stage. None of them keeps a connection to the database.</summary>
internal sealed class When_clients_hang_up
{
    /// <summary>Several times the size of the connection pool.</summary>
    private const int Aborted = 200;

    private ServiceApp<Product> _app = null!;

    [SetUp]
    public async Task Start() => _app = await ServiceApp<Product>.Start();

    [TearDown]
    public ValueTask Stop() => _app.DisposeAsync();

    [Test]
    public async Task Should_give_every_connection_back()
    {
        var admin = _app.Admin();
        using var created = await admin.PostAsJsonAsync(
            "products", new { name = "Lamp", category = "Light", price = 1000, stockQuantity = 10_000 });
        var lamp = (await created.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<Product>())!;
        Func<CancellationToken, Task>[] requests =
        [
            token => admin.PostAsJsonAsync($"products/{lamp.Id}/stock", new { delta = 1 }, token),
            token => admin.PutAsJsonAsync($"products/{lamp.Id}", new { name = "Lamp", category = "Light", price = 900 }, token),
            token => admin.PostAsJsonAsync("products/999999999/stock", new { delta = 1 }, token),
            token => admin.DeleteAsync(new Uri("products/999999999", UriKind.Relative), token),
            token => admin.GetAsync(new Uri("products?limit=100", UriKind.Relative), token),
            token => admin.GetAsync(new Uri($"products/{lamp.Id}", UriKind.Relative), token),
        ];

        await Parallel.ForEachAsync(Enumerable.Range(0, Aborted), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (number, _) =>
        {
            using var hangUp = new CancellationTokenSource();
            hangUp.CancelAfter(TimeSpan.FromMilliseconds(number % 40 / 2.0));
            try
            {
                await requests[number % requests.Length](hangUp.Token);
            }
            catch (OperationCanceledException)
            {
                // That is the test.
            }
        });

        await using var database = new NpgsqlConnection(_app.Database);
        Assert.That(
            async () => await database.QuerySingleAsync<long>(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"),
            Is.Zero.After(10_000, 50),
            "transactions that were left open");
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 60).Select(_ => admin.PostAsJsonAsync($"products/{lamp.Id}/stock", new { delta = 1 })));
        Assert.That(answers.Select(answer => answer.IsSuccessStatusCode), Is.All.True);
    }
}
