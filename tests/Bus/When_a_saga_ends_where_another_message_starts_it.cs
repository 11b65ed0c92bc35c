using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>One message starts the saga; another, at the same time, finds none, starts it and ends it.</summary>
public class When_a_saga_ends_where_another_message_starts_it
{
    private readonly Gate _gate = new();

    [Test]
    public async Task Should_leave_no_row_behind()
    {
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddSaga<ShowPolicy>();
                configuration.LimitMessageProcessingConcurrencyTo(2);
            },
            services => services.AddSingleton(_gate));
        await Broker.Send(endpoint.Name, new CurtainRaised("Hamlet"), "raised");
        await _gate.Started.Task.WaitAsync(Eventually.Limit);
        await Broker.Send(endpoint.Name, new ShowCancelled("Hamlet"), "cancelled");
        await _gate.Ending.Task.WaitAsync(Eventually.Limit);
        _gate.Open.SetResult();
        await Eventually.Is(async () => await endpoint.Count("\"Dispatched\"") == 2, "both are handled");

        Assert.That(await endpoint.QueryAll<string>($"select \"Correlation_Show\" from \"{endpoint.Name}_ShowPolicy\""), Is.Empty);
    }

    internal sealed class Gate
    {
        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Ending { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Open { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    internal sealed record CurtainRaised(string Show);

    internal sealed record ShowCancelled(string Show);

    internal sealed class ShowData : ContainSagaData
    {
        public string Show { get; set; } = "";
    }

    internal sealed class ShowPolicy(Gate gate) : Saga<ShowData>, IAmStartedByMessages<CurtainRaised>, IAmStartedByMessages<ShowCancelled>
    {
        public async Task Handle(CurtainRaised message, IMessageHandlerContext context)
        {
            gate.Started.TrySetResult();
            await gate.Open.Task.WaitAsync(Eventually.Limit);
        }

        public async Task Handle(ShowCancelled message, IMessageHandlerContext context)
        {
            // It has looked for the saga and found none. The other has inserted and committed before this goes on.
            gate.Ending.TrySetResult();
            await gate.Open.Task.WaitAsync(Eventually.Limit);
            await context.Execute("select pg_sleep(0.2)");
            MarkAsComplete();
        }

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<ShowData> mapper) => mapper.MapSaga(saga => saga.Show)
            .ToMessage<CurtainRaised>(message => message.Show)
            .ToMessage<ShowCancelled>(message => message.Show);
    }
}
