using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public class When_a_failing_message_had_registered_work_for_the_commit
{
    [Test]
    public async Task Should_not_do_it_with_the_next_message_of_the_group()
    {
        var gate = new Gate();
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<Painter>();
                configuration.LimitMessageProcessingConcurrencyTo(1);
                configuration.HandleInGroupsOf(10);
                configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
            },
            services => services.AddSingleton(gate));
        await endpoint.Execute("create table painted (colour text)");
        await Broker.Send(endpoint.Name, new PaintWall("hold"));
        await gate.Held.Task;
        await Broker.Send(endpoint.Name, new PaintWall("fail"));
        await Broker.Send(endpoint.Name, new PaintWall("red"));
        await Eventually.Is(async () => await Broker.Depth(endpoint.Name) == 0, "both wait in the endpoint");
        gate.Open.SetResult();
        await endpoint.NextFailed();

        await Eventually.Is(async () => await endpoint.Count("true") == 2, "the others are handled");
        Assert.That(await endpoint.QueryAll<string>("select colour from painted"), Is.EquivalentTo(new[] { "hold", "red" }));
    }

    internal sealed class Gate
    {
        public TaskCompletionSource Held { get; } = new();

        public TaskCompletionSource Open { get; } = new();
    }

    internal sealed record PaintWall(string Colour);

    internal sealed class Painter(Gate gate) : IHandleMessages<PaintWall>
    {
        public async Task Handle(PaintWall message, IMessageHandlerContext context)
        {
            context.SynchronizedStorageSession.SqlPersistenceSession().OnSaveChanges(
                (_, _) => context.Execute("insert into painted values (@Colour)", message));
            if (message.Colour == "hold")
            {
                gate.Held.SetResult();
                await gate.Open.Task;
            }

            if (message.Colour == "fail")
            {
                throw new InvalidOperationException("Out of paint.");
            }
        }
    }
}
