using Dapper;
using Npgsql;

namespace ShopSaga.Tests.Endpoints.Orders;

internal sealed class When_the_database_was_restarted
{
    [Test]
    public async Task Should_answer_the_first_readings_on_new_connections()
    {
        await using var app = await OrdersApp.Start();
        using var customer = app.Customer();
        await Read(customer);

        await EndAllConnections(app.Database);

        Assert.That(await Read(customer), Is.All.EqualTo(200));
    }

    /// <summary>As many at once as fill the pool with some connections.</summary>
    private static async Task<IEnumerable<int>> Read(HttpClient customer) =>
        await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ => (await customer.Read("/orders")).Status));

    private static async Task EndAllConnections(string database)
    {
        await using var admin = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ToString());
        await admin.ExecuteAsync(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()
            """);
    }
}
