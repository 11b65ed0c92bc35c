using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_a_row_stays_locked
{
    private readonly Seen<string> _attempts = new();

    [TestCase("Options=-c lock_timeout=200", TestName = "Should_try_again_later_and_handle_all_others_meanwhile(lock_timeout)")]
    // Longer, since it holds for the types, too, that Npgsql reads first: a busy machine takes its time.
    [TestCase(
        "Options=-c statement_timeout=2000", TestName = "Should_try_again_later_and_handle_all_others_meanwhile(statement_timeout)")]
    [TestCase("Command Timeout=1", TestName = "Should_try_again_later_and_handle_all_others_meanwhile(command timeout)")]
    public async Task Should_try_again_later_and_handle_all_others_meanwhile(string setting)
    {
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<Clerk>();
                configuration.LimitMessageProcessingConcurrencyTo(1);
                configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(5))
                    .Delayed(retries => retries.NumberOfRetries(20).TimeIncrease(TimeSpan.FromMilliseconds(100)));
                configuration.UsePersistence<SqlPersistence>().ConnectionBuilder(() =>
                    new NpgsqlConnection($"{Servers.Postgres(configuration.EndpointName.ToLowerInvariant())};{setting}"));
            },
            services => services.AddSingleton(_attempts));
        await endpoint.Execute(
            "create table stock (product text primary key, sold int not null); insert into stock values ('locked', 0), ('free', 0)");
        await using (var frozen = new NpgsqlConnection(endpoint.ConnectionString))
        {
            await frozen.OpenAsync();
            await using var transaction = await frozen.BeginTransactionAsync();
            await frozen.ExecuteAsync("update stock set sold = 0 where product = 'locked'", transaction: transaction);
            await Broker.Send(endpoint.Name, new Sell("locked"), "blocked");
            Assert.That(await _attempts.Next(), Is.EqualTo("blocked after 0 delayed retries"));
            for (var number = 1; number <= 20; number++)
            {
                await Broker.Send(endpoint.Name, new Sell("free"));
            }

            await Eventually.Is(
                async () => await endpoint.Query<int>("select sold from stock where product = 'free'") == 20,
                "the others are handled while the row is locked");
        }

        await Eventually.Is(
            async () => await endpoint.Query<int>("select sold from stock where product = 'locked'") == 1, "and then this one");
        Assert.That(await Broker.Depth(endpoint.ErrorQueue), Is.Zero);
        Assert.That(
            _attempts.All.Where(attempt => attempt.StartsWith("blocked", StringComparison.Ordinal)),
            Is.Unique,
            "an immediate retry would hold up the worker again");
    }

    [Test]
    public async Task Should_take_what_needs_it_out_of_groups_and_handle_all_others_meanwhile()
    {
        const string Never = "Options=-c lock_timeout=0;Command Timeout=0";
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<Clerk>();
                configuration.LimitMessageProcessingConcurrencyTo(1);
                configuration.HandleInGroupsOf(50);
                configuration.HandleAlone(_ => false, ownConcurrency: 2);
                configuration.UsePersistence<SqlPersistence>().ConnectionBuilder(() =>
                    new NpgsqlConnection($"{Servers.Postgres(configuration.EndpointName.ToLowerInvariant())};{Never}"));
            },
            services => services.AddSingleton(_attempts));
        await endpoint.Execute(
            "create table stock (product text primary key, sold int not null); insert into stock values ('locked', 0), ('free', 0)");
        await using (var frozen = new NpgsqlConnection(endpoint.ConnectionString))
        {
            await frozen.OpenAsync();
            await using var transaction = await frozen.BeginTransactionAsync();
            await frozen.ExecuteAsync("update stock set sold = 0 where product = 'locked'", transaction: transaction);
            for (var number = 1; number <= 20; number++)
            {
                await endpoint.Session.SendLocal(new Sell("free"));
                if (number == 10)
                {
                    await endpoint.Session.SendLocal(new Sell("locked"));
                }
            }

            await Eventually.Is(
                async () => await endpoint.Query<int>("select sold from stock where product = 'free'") == 20,
                "the others are handled while the row is locked");
        }

        await Eventually.Is(
            async () => await endpoint.Query<int>("select sold from stock where product = 'locked'") == 1, "and then this one");
        Assert.That(await Broker.Depth(endpoint.ErrorQueue), Is.Zero);
    }

    internal sealed record Sell(string Product);

    internal sealed class Clerk(Seen<string> attempts) : IHandleMessages<Sell>
    {
        public Task Handle(Sell message, IMessageHandlerContext context)
        {
            attempts.Add(
                $"{context.MessageId} after {context.MessageHeaders.GetValueOrDefault(Headers.DelayedRetries, "0")} delayed retries");
            return context.Execute("update stock set sold = sold + 1 where product = @Product", message);
        }
    }
}
