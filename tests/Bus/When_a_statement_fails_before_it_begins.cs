using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>
/// The server plans a statement when its parameters are bound: a constant that cannot be computed fails then, and so does each write while
/// the database is read-only. Npgsql then takes the prepared statement for one without rows, and breaks the connection at its next use
/// (npgsql/npgsql, issue 6391).
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_a_statement_fails_before_it_begins
{
    private const int Messages = 12;
    private const string Prepared = "Max Auto Prepare=20;Auto Prepare Min Usages=1";
    private const string Divide = "insert into quotients select 1 / @Divisor returning quotient";
    private readonly Seen<string> _attempts = new();

    [Test]
    public async Task Should_cost_no_later_message_an_attempt()
    {
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<Divider>();
                configuration.LimitMessageProcessingConcurrencyTo(1);
                configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
                configuration.UsePersistence<SqlPersistence>().ConnectionBuilder(() =>
                    new NpgsqlConnection($"{Servers.Postgres(configuration.EndpointName.ToLowerInvariant())};{Prepared}"));
            },
            services => services.AddSingleton(_attempts));
        await endpoint.Execute("create table quotients (quotient int not null)");

        for (var number = 1; number <= Messages; number++)
        {
            await Broker.Send(endpoint.Name, new Division(0), $"wrong {number}");
            await Broker.Send(endpoint.Name, new Division(1), $"right {number}");
        }

        await Eventually.Is(async () => await endpoint.Query<long>("select count(*) from quotients") == Messages, "the others are handled");
        await Eventually.Is(async () => await Broker.Depth(endpoint.ErrorQueue) == Messages, "what cannot be computed has failed");
        Assert.That(_attempts.All, Is.Unique, "each is handled once");
    }

    [Test]
    public async Task Should_be_the_connection_s_fault_where_it_was_not_prevented()
    {
        await using var endpoint = await TestEndpoint.Start(configuration => configuration.AddHandler<Divider>());
        await endpoint.Execute("create table quotients (quotient int not null)");
        await using var connection = new NpgsqlConnection($"{endpoint.ConnectionString};{Prepared}");
        await connection.OpenAsync();
        Assert.That(async () => await Run(0), Throws.InstanceOf<PostgresException>());

        Exception? broken = null;
        try
        {
            await Run(1);
        }
        catch (Exception failure)
        {
            broken = failure;
        }

        Assert.That(broken, Is.Not.Null, "Npgsql is mended, and what works around it can go");
        Assert.That(Database.IsUnavailable(broken!), Is.True, broken!.ToString());

        async Task Run(int divisor)
        {
            await using var command = new NpgsqlCommand(Divide, connection) { Parameters = { new("Divisor", divisor) } };
            await command.ExecuteNonQueryAsync();
        }
    }

    internal sealed record Division(int Divisor);

    internal sealed class Divider(Seen<string> attempts) : IHandleMessages<Division>
    {
        public Task Handle(Division message, IMessageHandlerContext context)
        {
            attempts.Add(context.MessageId);
            return context.Execute(Divide, message);
        }
    }
}
