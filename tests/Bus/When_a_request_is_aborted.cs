using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>The client hangs up while the session has its connection, but not yet its transaction.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_a_request_is_aborted
{
    private const int PoolSize = 5;
    private Action? _atOpen;

    [Test]
    public async Task Should_give_the_connection_back()
    {
        await using var endpoint = await TestEndpoint.Start(UseSmallPool);
        for (var request = 1; request <= 3 * PoolSize; request++)
        {
            using var hangsUp = new CancellationTokenSource();
            _atOpen = hangsUp.Cancel;
            await using var scope = endpoint.NewRequest(out var session);
            Assert.That(
                () => session.Open(new SqlPersistenceOpenSessionOptions(), hangsUp.Token), Throws.InstanceOf<OperationCanceledException>());
        }

        _atOpen = null;
        await using var last = endpoint.NewRequest(out var works);
        await works.Open(new SqlPersistenceOpenSessionOptions());
        await works.Commit();
    }

    [Test]
    public async Task Should_show_in_health_that_no_connection_is_left()
    {
        await using var endpoint = await TestEndpoint.Start(UseSmallPool);
        var requests = new List<AsyncServiceScope>();
        for (var request = 1; request <= PoolSize; request++)
        {
            requests.Add(endpoint.NewRequest(out var session));
            await session.Open(new SqlPersistenceOpenSessionOptions());
        }

        var health = endpoint.Services.GetRequiredService<HealthCheckService>();
        await Eventually.Is(
            async () => (await health.CheckHealthAsync()).Entries["bus"] is { Status: HealthStatus.Degraded, Description: { } problem }
                && problem.Contains("outbox: ", StringComparison.Ordinal),
            "health says so");
        foreach (var request in requests)
        {
            await request.DisposeAsync();
        }

        await endpoint.IsReceiving();
    }

    private void UseSmallPool(EndpointConfiguration configuration) => configuration.UsePersistence<SqlPersistence>().ConnectionBuilder(() =>
    {
        var settings = new NpgsqlConnectionStringBuilder(Servers.Postgres(configuration.EndpointName.ToLowerInvariant()))
        {
            MaxPoolSize = PoolSize,
            Timeout = 2,
        };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        connection.StateChange += (_, change) =>
        {
            if (change.CurrentState == System.Data.ConnectionState.Open)
            {
                _atOpen?.Invoke();
            }
        };
        return connection;
    });
}
