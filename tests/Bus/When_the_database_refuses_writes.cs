using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>It is the database's state, not the message's fault: docs/decisions/005-an-outage-costs-no-retries.md</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_the_database_refuses_writes
{
    private readonly Seen<string> _attempts = new();

    [TestCase("25006", Description = "read-only")]
    [TestCase("53100", Description = "disk full")]
    [TestCase("53200", Description = "out of memory")]
    [TestCase("58030", Description = "I/O error")]
    public async Task Should_wait_until_it_takes_them(string code)
    {
        await using var endpoint = await Start();
        await endpoint.Execute($"""
            create function refuse() returns trigger language plpgsql as $$ begin raise 'no room' using errcode = '{code}'; end $$;
            create trigger refuse before insert on letters execute function refuse();
            """);
        await AssertWaits(endpoint, () => endpoint.Execute("drop trigger refuse on letters"));
    }

    [Test]
    public async Task Should_wait_until_it_is_no_longer_read_only()
    {
        await using var endpoint = await Start();
        await Alter(endpoint, "on");
        await AssertWaits(endpoint, () => Alter(endpoint, "off"));
    }

    /// <summary>On a connection of its own: one of the endpoint's pool would stay as it is.</summary>
    private static async Task Alter(TestEndpoint endpoint, string readOnly)
    {
        await using var connection = new NpgsqlConnection(
            $"{endpoint.ConnectionString};Pooling=false;Options=-c default_transaction_read_only=off");
        await connection.ExecuteAsync($"""
            alter database "{endpoint.DatabaseName}" set default_transaction_read_only = {readOnly};
            select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
            """);
    }

    private async Task AssertWaits(TestEndpoint endpoint, Func<Task> mend)
    {
        await Broker.Send(endpoint.Name, new WriteLetter(), "letter");
        var health = endpoint.Services.GetRequiredService<HealthCheckService>();
        await Eventually.Is(
            async () => (await health.CheckHealthAsync()).Entries["bus"] is { Status: HealthStatus.Degraded, Description: { } problem }
                && problem.Contains("database: ", StringComparison.Ordinal),
            "health says so");
        await mend();

        await Eventually.Is(async () => await Letters(endpoint) == 1, "it goes on by itself");
        await endpoint.IsReceiving();
        Assert.That(await Broker.Depth(endpoint.ErrorQueue), Is.Zero, "no retry was lost");
    }

    /// <summary>Not from the pool, whose connections may have been terminated.</summary>
    private static async Task<long> Letters(TestEndpoint endpoint)
    {
        await using var connection = new NpgsqlConnection($"{endpoint.ConnectionString};Pooling=false");
        return await connection.ExecuteScalarAsync<long>("select count(*) from letters");
    }

    private async Task<TestEndpoint> Start()
    {
        var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<Writer>();
                configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
            },
            services => services.AddSingleton(_attempts));
        await endpoint.Execute("create table letters (n int)");
        return endpoint;
    }

    internal sealed record WriteLetter;

    internal sealed class Writer(Seen<string> attempts) : IHandleMessages<WriteLetter>
    {
        public Task Handle(WriteLetter message, IMessageHandlerContext context)
        {
            attempts.Add(context.MessageId);
            return context.Execute("insert into letters values (1)");
        }
    }
}
