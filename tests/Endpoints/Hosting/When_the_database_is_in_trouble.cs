using System.Net;
using System.Net.Http.Json;
using Dapper;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Npgsql;
using ShopSaga.Psp;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Hosting;

/// <summary>What hosting promises of every service with a database, on the simplest of them.</summary>
internal sealed class When_the_database_is_in_trouble
{
    [Test]
    public async Task Should_answer_503_to_a_write_and_be_degraded_while_it_is_read_only()
    {
        await using var service = await Start();
        using var client = service.With("test-api-key");
        await SetReadOnly(service.Database, "on");
        using var reconnected = await client.GetAsync("/totals");

        using var refused = await Charge(client, "first");
        await Problem.Expect(refused, HttpStatusCode.ServiceUnavailable, "unavailable");
        Assert.That(refused.Headers.RetryAfter?.Delta, Is.GreaterThan(TimeSpan.Zero));
        using var read = await client.GetAsync("/totals");
        Assert.That(read.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await Ready(client), Is.EqualTo((HttpStatusCode.OK, "Degraded")));

        await SetReadOnly(service.Database, "off");
        using var again = await client.GetAsync("/totals");
        using var accepted = await Charge(client, "first");
        Assert.That(accepted.StatusCode, Is.EqualTo(HttpStatusCode.Created));
    }

    [Test]
    public async Task Should_answer_503_and_serve_other_requests_while_a_row_lock_is_not_released()
    {
        await using var service = await Start(new() { ["Database:LockTimeout"] = "00:00:00.2" });
        using var client = service.With("test-api-key");
        using var charged = await Charge(client, "locked");
        await using var holder = new NpgsqlConnection(service.Database);
        await holder.OpenAsync();
        await using var held = await holder.BeginTransactionAsync();
        await holder.ExecuteAsync("SELECT 1 FROM charges WHERE idempotency_key = 'locked' FOR UPDATE");

        using var refused = await Charge(client, "locked");
        await Problem.Expect(refused, HttpStatusCode.ServiceUnavailable, "unavailable");
        Assert.That(refused.Headers.RetryAfter?.Delta, Is.GreaterThan(TimeSpan.Zero));
        Assert.That(await refused.Content.ReadAsStringAsync(), Does.Contain("Another transaction holds"));
        using var other = await Charge(client, "other");
        Assert.That(other.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(await Ready(client), Is.EqualTo((HttpStatusCode.OK, "Healthy")), "the database is well");
    }

    [Test]
    public async Task Should_be_unhealthy_while_all_connections_of_the_pool_are_in_use()
    {
        await using var service = await Start();
        using var client = service.With("test-api-key");
        var pool = service.Services.GetRequiredService<NpgsqlDataSource>();
        var size = new NpgsqlConnectionStringBuilder(pool.ConnectionString).MaxPoolSize;
        var taken = new List<NpgsqlConnection>();
        while (taken.Count < size)
        {
            // The sender of webhooks holds a connection for a moment now and then.
            taken.Add(await pool.OpenConnectionAsync());
        }

        using var exhausted = await client.GetAsync("/health/ready");
        await Problem.Expect(exhausted, HttpStatusCode.ServiceUnavailable, "unavailable");

        foreach (var connection in taken)
        {
            await connection.DisposeAsync();
        }

        Assert.That(async () => (await Ready(client)).Status, Is.EqualTo(HttpStatusCode.OK).After(10).Seconds.PollEvery(100));
    }

    [Test]
    public async Task Should_keep_every_connection_of_requests_that_clients_abort()
    {
        await using var service = await Start();
        using var client = service.With("test-api-key");
        var pool = service.Services.GetRequiredService<NpgsqlDataSource>();
        var random = new Random(20_261_129);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async number =>
        {
            using var abort = new CancellationTokenSource(TimeSpan.FromMilliseconds(random.Next(40)));
            try
            {
                using var answer = await client.PostAsync(
                    new Uri("/charges/1/refunds", UriKind.Relative), Body(new { amount = 1 }, $"aborted-{number}"), abort.Token);
            }
            catch (OperationCanceledException)
            {
                // As intended.
            }
        }));

        await using var admin = new NpgsqlConnection(service.Database);
        Assert.That(
            () =>
                admin.QuerySingle<long>(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"),
            Is.Zero.After(10).Seconds.PollEvery(100));
        Assert.That(async () => (await Ready(client)).Status, Is.EqualTo(HttpStatusCode.OK).After(10).Seconds.PollEvery(100));
        for (var connection = 0; connection < new NpgsqlConnectionStringBuilder(pool.ConnectionString).MaxPoolSize; connection++)
        {
            using var answer = await client.GetAsync("/totals");
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test]
    public async Task Should_bound_what_a_session_can_wait_for()
    {
        await using var service = await Start();
        await using var connection = await service.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        var settings = await connection.QueryAsync<(string Name, string Setting)>(
            """
            SELECT name, setting FROM pg_settings
            WHERE name IN ('lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout') OR name LIKE 'tcp_keepalives%'
            ORDER BY name
            """);
        Assert.That(settings, Is.EqualTo(new[]
        {
            ("idle_in_transaction_session_timeout", "30000"), ("lock_timeout", "5000"), ("statement_timeout", "30000"),
            ("tcp_keepalives_count", "3"), ("tcp_keepalives_idle", "30"), ("tcp_keepalives_interval", "10"),
        }));
    }

    /// <summary>Npgsql throws it from a connection that it has broken (npgsql/npgsql, issue 6391).</summary>
    [Test]
    public async Task Should_keep_its_work_in_the_background_alive_after_a_failure_of_no_known_type()
    {
        var log = new FakeLogCollector();
        var fails = false;
        NpgsqlDataSource Failing(IServiceProvider services)
        {
            var builder = new NpgsqlDataSourceBuilder(
                services.GetRequiredService<IConfiguration>().GetConnectionString("Database") + ";Pooling=false");
            builder.UsePhysicalConnectionInitializer(
                _ => { }, _ => Volatile.Read(ref fails) ? throw new InvalidDataException("Of no known type.") : Task.CompletedTask);
            return builder.Build();
        }

        await using var service = await Start(services: services => services
            .AddSingleton(Failing)
            .AddLogging(logging => logging.AddProvider(new FakeLoggerProvider(log))));
        Volatile.Write(ref fails, true);

        await Eventually.Is(
            () => log.GetSnapshot().Count(entry => entry.Message == "Webhooks wait for the database: Of no known type.") > 1,
            "the sender of webhooks fails, and fails again");

        Assert.That(service.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested, Is.False);
    }

    private static Task<ServiceApp<IdempotencyKey>> Start(
        Dictionary<string, string>? settings = null, Action<IServiceCollection>? services = null) => ServiceApp<IdempotencyKey>.Start(
            new Dictionary<string, string>(settings ?? [])
            {
                ["Webhooks:Address"] = "http://merchant.test/webhooks/psp",
                ["Webhooks:Secret"] = "test-webhook-secret",
                ["Webhooks:Delay"] = "1.00:00:00",
            },
            services);

    private static Task<HttpResponseMessage> Charge(HttpClient client, string key) =>
        client.PostAsync(
            new Uri("/charges", UriKind.Relative), Body(new { amount = 1000, paymentMethod = "CARD", reference = "order" }, key));

    private static JsonContent Body(object body, string key)
    {
        var content = JsonContent.Create(body);
        content.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return content;
    }

    private static async Task<(HttpStatusCode Status, string? Database)> Ready(HttpClient client)
    {
        using var answer = await client.GetAsync("/health/ready");
        var checks = (await answer.Content.ReadFromJsonAsync<System.Text.Json.JsonElement>()).GetProperty("checks");
        return (answer.StatusCode, checks.GetProperty("database").GetString());
    }

    /// <summary>As a server that has become a standby: sessions that are open end.</summary>
    private static async Task SetReadOnly(string database, string value)
    {
        var name = new NpgsqlConnectionStringBuilder(database).Database;
        await using var admin = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(database) { Pooling = false, Options = "-c default_transaction_read_only=off" }.ToString());
        await admin.ExecuteAsync($"ALTER DATABASE \"{name}\" SET default_transaction_read_only = {value}");
        await admin.ExecuteAsync(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    }
}
