using Dapper;
using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>docs/decisions/004-the-provider-is-called-outside-a-transaction.md</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_a_handler_calls_outside
{
    private readonly Provider _provider = new();

    [Test]
    public async Task Should_hold_no_transaction_open_until_its_first_statement()
    {
        await using var endpoint = await Start(configuration => { });
        await Broker.Send(endpoint.Name, new Charge("slow"), "charge");
        await _provider.Called.Task.WaitAsync(Eventually.Limit);
        var states = await endpoint.QueryAll<string>(
            "select state from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'");
        _provider.Answer.SetResult();
        await Eventually.Is(async () => await endpoint.Count("\"MessageId\" = 'charge' and \"Dispatched\"") == 1, "handled");

        Assert.That(states, Is.Empty, "transactions that are open while the provider is called");
        Assert.That(await endpoint.QueryAll<string>("select what from charges"), Is.EqualTo(new[] { "slow" }));
    }

    [Test]
    public async Task Should_have_one_effect_for_two_copies_at_the_same_time()
    {
        await using var endpoint = await Start(configuration => configuration.LimitMessageProcessingConcurrencyTo(2));
        await Broker.Send(endpoint.Name, new Charge("slow"), "twin");
        await Broker.Send(endpoint.Name, new Charge("slow"), "twin");
        await Eventually.Is(() => _provider.Calls == 2, "both were told to be new");
        _provider.Answer.SetResult();
        await Management.HasAcknowledged(endpoint.Name, 2);

        Assert.That(await endpoint.QueryAll<string>("select what from charges"), Has.Count.EqualTo(1));
        Assert.That(await Broker.Depth(endpoint.ErrorQueue), Is.Zero);
    }

    [Test]
    public async Task Should_share_its_transaction_with_no_other_message_when_it_says_so()
    {
        await using var endpoint = await Start(configuration =>
        {
            configuration.LimitMessageProcessingConcurrencyTo(1);
            configuration.HandleInGroupsOf(10);
            configuration.AddHandler<Bookkeeper>();
            configuration.HandleAlone(handler => handler == typeof(Cashier));
        });
        await Broker.Send(endpoint.Name, new Charge("slow"));
        await _provider.Called.Task.WaitAsync(Eventually.Limit);
        for (var number = 1; number <= 4; number++)
        {
            await Broker.Send(endpoint.Name, new Charge($"charge {number}"));
            await Broker.Send(endpoint.Name, new Book($"book {number}"));
        }

        await Eventually.Is(async () => await Broker.Depth(endpoint.Name) == 0, "all wait in the endpoint");
        _provider.Answer.SetResult();
        await Eventually.Is(async () => await endpoint.Query<long>("select count(*) from charges") == 9, "all are handled");
        var rows = await endpoint.QueryAll<(string What, string Transaction)>("select what, transaction::text from charges");
        var groups = rows.GroupBy(row => row.Transaction).Select(group => group.Select(row => row.What).Order().ToList()).ToList();

        Assert.That(groups.Where(group => group.Any(what => !what.StartsWith("book", StringComparison.Ordinal))), Has.All.Count.EqualTo(1));
        Assert.That(
            groups.Where(group => group.Count > 1),
            Is.EqualTo(new[] { new[] { "book 1", "book 2", "book 3", "book 4" } }),
            "the others are a group");
    }

    private async Task<TestEndpoint> Start(Action<EndpointConfiguration> configure)
    {
        var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<Cashier>();
                configure(configuration);
            },
            services => services.AddSingleton(_provider));
        await endpoint.Execute("create table charges (what text not null, transaction xid8 not null default pg_current_xact_id())");
        return endpoint;
    }

    internal sealed class Provider
    {
        private int _calls;

        public TaskCompletionSource Called { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Calls => Volatile.Read(ref _calls);

        public async Task Charge()
        {
            Interlocked.Increment(ref _calls);
            Called.TrySetResult();
            await Answer.Task.WaitAsync(Eventually.Limit);
        }
    }

    internal sealed record Charge(string What);

    internal sealed record Book(string What);

    internal sealed class Cashier(Provider provider) : IHandleMessages<Charge>
    {
        public async Task Handle(Charge message, IMessageHandlerContext context)
        {
            if (message.What == "slow")
            {
                await provider.Charge();
            }

            await context.Execute("insert into charges values (@What)", message);
        }
    }

    internal sealed class Bookkeeper : IHandleMessages<Book>
    {
        public Task Handle(Book message, IMessageHandlerContext context) => context.Execute("insert into charges values (@What)", message);
    }
}
