using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public class When_two_messages_start_the_same_saga
{
    [Test]
    public async Task Should_end_up_with_one_saga_that_has_seen_both()
    {
        await using var endpoint = await Start(new Together(2));
        await Task.WhenAll(
            Broker.Send(endpoint.Name, new RegisterBuyer("deal 1")),
            Broker.Send(endpoint.Name, new RegisterSeller("deal 1")));

        var data = JsonNode.Parse((await Eventually.Get(
            () => endpoint.Query<string>($"select \"Data\"::text from \"{endpoint.Name}_DealPolicy\""),
            row => row is not null && row.Contains("Buyer", StringComparison.Ordinal) && row.Contains("Seller", StringComparison.Ordinal),
            "one saga that knows buyer and seller"))!)!;
        Assert.That($"{data["DealId"]}", Is.EqualTo("deal 1"));
        Assert.That(
            await endpoint.Query<int>($"select \"Concurrency\" from \"{endpoint.Name}_DealPolicy\""),
            Is.EqualTo(2),
            "one insert, one update");
    }

    [Test]
    public async Task Should_count_every_message_of_many_at_once()
    {
        const int Sagas = 5;
        const int Each = 8;
        await using var endpoint = await Start(new Together(1));
        await Task.WhenAll(
            from each in Enumerable.Range(0, Each)
            from saga in Enumerable.Range(0, Sagas)
            select Broker.Send(endpoint.Name, new RegisterBuyer($"deal {saga}")));

        await Eventually.Is(async () => await endpoint.Count("\"Dispatched\"") == Sagas * Each, "all are handled");
        Assert.That(
            await endpoint.QueryAll<int>($"select (\"Data\"->>'Buyer')::int from \"{endpoint.Name}_DealPolicy\""),
            Is.EqualTo(Enumerable.Repeat(Each, Sagas)));
        Assert.That(await Broker.Depth(endpoint.ErrorQueue), Is.Zero);
    }

    [Test]
    public async Task Should_wait_for_the_transaction_that_has_the_row_before_it_is_handled()
    {
        await using var endpoint = await Start(new Together(1));
        await Broker.Send(endpoint.Name, new RegisterBuyer("deal 1"), "first");
        await Eventually.Is(async () => await endpoint.Count("\"MessageId\" = 'first'") == 1, "the saga is there");
        await using (var connection = new NpgsqlConnection(endpoint.ConnectionString))
        {
            await connection.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await connection.ExecuteAsync(
                $"update \"{endpoint.Name}_DealPolicy\" set \"Data\" = '{{\"DealId\":\"deal 1\",\"Buyer\":5}}', \"Concurrency\" = 2",
                transaction: transaction);
            await Broker.Send(endpoint.Name, new RegisterBuyer("deal 1"), "second");
            await Eventually.Is(
                async () => await endpoint.Query<long>(
                    "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like "
                        + "'%FOR UPDATE'") == 1,
                "it waits as it reads");
            await transaction.CommitAsync();
        }

        await Eventually.Is(async () => await endpoint.Count("\"MessageId\" = 'second'") == 1, "handled");
        Assert.That(
            await endpoint.Query<string>($"select \"Data\"->>'Buyer' || ', ' || \"Concurrency\" from \"{endpoint.Name}_DealPolicy\""),
            Is.EqualTo("6, 3"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Should_handle_again_what_finds_the_row_changed_when_it_writes(bool completes)
    {
        var together = new Together(1);
        await using var endpoint = await Start(
            together, configuration => configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0)));
        await Broker.Send(endpoint.Name, new RegisterBuyer("deal 1"), "first");
        await Eventually.Is(async () => await endpoint.Count("\"MessageId\" = 'first'") == 1, "the saga is there");
        await Broker.Send(endpoint.Name, new SignDeal("deal 1", completes, $"{endpoint.Name}_DealPolicy"), "sign");
        await Eventually.Is(async () => await endpoint.Count("\"MessageId\" = 'sign'") == 1, "handled in the end");

        Assert.That(together.Signings, Is.EqualTo(2));
        Assert.That(
            await endpoint.QueryAll<int>($"select \"Concurrency\" from \"{endpoint.Name}_DealPolicy\""),
            Is.EqualTo(completes ? Array.Empty<int>() : [2]));
        Assert.That(await Broker.Depth(endpoint.ErrorQueue), Is.Zero);
    }

    private static Task<TestEndpoint> Start(Together together, Action<EndpointConfiguration>? configure = null) => TestEndpoint.Start(
        configuration =>
        {
            configuration.AddSaga<DealPolicy>();
            configuration.LimitMessageProcessingConcurrencyTo(4);
            configure?.Invoke(configuration);
        },
        services => services.AddSingleton(together));

    /// <summary>Lets the first so many go on only when they are all there.</summary>
    internal sealed class Together(int count)
    {
        private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _here;

        /// <summary>How often the deal was to be signed.</summary>
        public int Signings { get; set; }

        public Task Arrive()
        {
            if (Interlocked.Increment(ref _here) >= count)
            {
                _all.TrySetResult();
            }

            return _all.Task;
        }
    }

    internal sealed record RegisterBuyer(string DealId);

    internal sealed record RegisterSeller(string DealId);

    internal sealed record SignDeal(string DealId, bool Completes, string Table);

    internal sealed class DealData : ContainSagaData
    {
        public string DealId { get; set; } = "";

        public int Buyer { get; set; }

        public int Seller { get; set; }
    }

    internal sealed class DealPolicy(Together together) :
        Saga<DealData>, IAmStartedByMessages<RegisterBuyer>, IAmStartedByMessages<RegisterSeller>, IHandleMessages<SignDeal>
    {
        public async Task Handle(RegisterBuyer message, IMessageHandlerContext context)
        {
            await together.Arrive();
            Data.Buyer++;
        }

        public async Task Handle(RegisterSeller message, IMessageHandlerContext context)
        {
            await together.Arrive();
            Data.Seller++;
        }

        public async Task Handle(SignDeal message, IMessageHandlerContext context)
        {
            if (++together.Signings == 1)
            {
                await context.Execute($"update \"{message.Table}\" set \"Concurrency\" = 7");
            }

            if (message.Completes)
            {
                MarkAsComplete();
            }
        }

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<DealData> mapper) =>
            mapper.MapSaga(saga => saga.DealId)
                .ToMessage<SignDeal>(message => message.DealId)
                .ToMessage<RegisterBuyer>(message => message.DealId)
                .ToMessage<RegisterSeller>(message => message.DealId);
    }
}
