using Dapper;
using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_the_outbox_is_pessimistic
{
    private readonly Seen<string> _handled = new();
    private readonly Gate _gate = new();

    [Test]
    public async Task Should_let_a_copy_wait_for_the_first_and_not_handle_it([Values(1, 10)] int groupSize)
    {
        await using var endpoint = await Start(configuration =>
        {
            UsePessimism(configuration);
            configuration.LimitMessageProcessingConcurrencyTo(2);
            configuration.HandleInGroupsOf(groupSize);
            configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
        });
        await Broker.Send(endpoint.Name, new BakeBread("slow"), "twin");
        await _gate.Held.Task;
        await Broker.Send(endpoint.Name, new BakeBread("slow"), "twin");
        await Broker.Send(endpoint.Name, new BakeBread("rye"), "another");
        await Eventually.Is(
            async () => await endpoint.Query<long>(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") == 1,
            "the copy waits");
        Assert.That(_handled.All, Is.EqualTo(new[] { "twin" }));
        _gate.Open.SetResult();
        await Management.HasAcknowledged(endpoint.Name, 3);

        Assert.That(_handled.All, Is.EqualTo(new[] { "twin", "another" }));
        Assert.That(await Broker.Depth(endpoint.ErrorQueue), Is.Zero);
    }

    [Test]
    public async Task Should_store_and_send_what_it_does_otherwise()
    {
        var otherwise = await WhatHappens(_ => { });

        Assert.That(await WhatHappens(UsePessimism), Is.EqualTo(otherwise));
        Assert.That(otherwise, Has.Count.EqualTo(4), "messages of one record before they leave, two records afterwards, and one event");
    }

    [Test]
    public async Task Should_have_the_record_of_a_session_from_its_opening()
    {
        await using var endpoint = await Start(UsePessimism);
        await using var events = await Tap.On<EventBreadBaked>();
        var sent = await Commit(endpoint, session => session.Publish(new EventBreadBaked("white")));
        var silent = await Commit(endpoint, _ => Task.CompletedTask);
        Assert.That(await endpoint.Count($"\"MessageId\" = '{silent}' and \"Dispatched\""), Is.EqualTo(1), "nothing is to leave");
        await using (endpoint.NewRequest(out var session))
        {
            await session.Open(new SqlPersistenceOpenSessionOptions());
        }

        Assert.That((await events.Next()).Body, Is.EqualTo("""{"Kind":"white"}"""));
        await Eventually.Is(
            async () => await endpoint.Count($"\"MessageId\" in ('{sent}', '{silent}') and \"Dispatched\" and \"Operations\" = '[]'") == 2,
            "both are marked");
        Assert.That(await endpoint.Count("true"), Is.EqualTo(2), "of the one that was not committed nothing is left");
    }

    private static void UsePessimism(EndpointConfiguration configuration) => configuration.EnableOutbox().UsePessimisticConcurrencyControl();

    private static async Task<string> Commit(TestEndpoint endpoint, Func<ITransactionalSession, Task> use)
    {
        await using var request = endpoint.NewRequest(out var session);
        await session.Open(new SqlPersistenceOpenSessionOptions());
        var sql = session.SynchronizedStorageSession.SqlPersistenceSession();
        Assert.That(
            await sql.Connection.QueryAsync<string>(
                $"select \"MessageId\" from \"{endpoint.OutboxTable}\" where not \"Dispatched\"", transaction: sql.Transaction),
            Has.One.EqualTo(session.SessionId));
        await use(session);
        await session.Commit();
        return session.SessionId;
    }

    /// <summary>Every record as it was while its messages had to leave, and as it is in the end; and what left.</summary>
    private async Task<IReadOnlyList<string>> WhatHappens(Action<EndpointConfiguration> configure)
    {
        await using var endpoint = await Start(configure);
        await using var events = await Tap.On<EventBreadBaked>();
        await endpoint.Execute($"""
            create table stored (what text);
            create function keep() returns trigger language plpgsql as $$
                begin
                    if new."Operations" <> '[]' then
                        insert into stored values (concat(new."MessageId", new."Dispatched", new."DispatchedAt", new."Operations"->0->>'Options'));
                    end if;
                    return new;
                end $$;
            create trigger keep after insert or update on "{endpoint.OutboxTable}" for each row execute function keep();
            """);
        await Broker.Send(endpoint.Name, new BakeBread("rye"), "1");
        await Broker.Send(endpoint.Name, new BakeBread("nothing"), "2");
        var sent = await events.Next();
        await Eventually.Is(async () => await endpoint.Count("\"Dispatched\"") == 2, "both are marked");
        return
        [
            .. await endpoint.QueryAll<string>("select what from stored"),
            .. await endpoint.QueryAll<string>(
                $"select ((to_jsonb(t) - 'DispatchedAt') || jsonb_build_object('at', \"DispatchedAt\" is not null))::text from \"{endpoint.OutboxTable}\" t order by 1"),
            sent.Body,
        ];
    }

    private Task<TestEndpoint> Start(Action<EndpointConfiguration> configure) => TestEndpoint.Start(
        configuration =>
        {
            configuration.AddHandler<Baker>();
            configure(configuration);
        },
        services => services.AddSingleton(_handled).AddSingleton(_gate));

    internal sealed class Gate
    {
        public TaskCompletionSource Held { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Open { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    internal sealed record BakeBread(string Kind);

    internal sealed record EventBreadBaked(string Kind);

    internal sealed class Baker(Seen<string> handled, Gate gate) : IHandleMessages<BakeBread>
    {
        public async Task Handle(BakeBread message, IMessageHandlerContext context)
        {
            handled.Add(context.MessageId);
            if (message.Kind == "slow")
            {
                gate.Held.TrySetResult();
                await gate.Open.Task.WaitAsync(Eventually.Limit);
            }

            if (message.Kind == "rye")
            {
                await context.Publish(new EventBreadBaked(message.Kind));
            }
        }
    }
}
