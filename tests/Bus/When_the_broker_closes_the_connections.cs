using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public class When_the_broker_closes_the_connections
{
    [Test]
    public async Task Should_connect_again_and_lose_nothing()
    {
        var handled = new Seen<int>();
        await using var endpoint = await TestEndpoint.Start(
            configuration => configuration.AddHandler<Counter>(),
            services => services.AddSingleton(handled));
        await using var events = await Tap.On<EventNumberCounted>();
        await endpoint.Session.SendLocal(new Count(0));
        await events.Next();

        for (var round = 1; round <= 3; round++)
        {
            var closed = await Eventually.Get(
                () => Management.CloseConnections(endpoint.Name), closed => closed >= 2, "connections to close");
            Assert.That(closed, Is.EqualTo(2), "one that receives, one that publishes");
            await Broker.Send(endpoint.Name, new Count(round), $"count {round}");
            Assert.That((await events.Next()).Body, Is.EqualTo($$"""{"Number":{{round}}}"""));
        }

        await endpoint.IsReceiving();
        Assert.That(handled.All.Distinct(), Is.EqualTo(Enumerable.Range(0, 4)));
    }

    [Test]
    public async Task Should_commit_sessions_meanwhile_and_send_their_messages_later()
    {
        await using var endpoint = await TestEndpoint.Start(_ => { });
        await using var events = await Tap.On<EventNumberCounted>();
        await endpoint.Session.Publish(new EventNumberCounted(-1));
        await events.Next();
        await Eventually.Get(() => Management.CloseConnections(endpoint.Name), closed => closed >= 2, "connections to close");

        for (var number = 0; number < 20; number++)
        {
            await using var request = endpoint.NewRequest(out var session);
            await session.Open(new SqlPersistenceOpenSessionOptions());
            await session.Publish(new EventNumberCounted(number));
            await session.Commit();
        }

        await Eventually.Is(() => Task.FromResult(events.All.Select(counted => counted.Body).Distinct().Count() == 21), "all have arrived");
    }

    internal sealed record Count(int Number);

    internal sealed record EventNumberCounted(int Number);

    internal sealed class Counter(Seen<int> handled) : IHandleMessages<Count>
    {
        public Task Handle(Count message, IMessageHandlerContext context)
        {
            handled.Add(message.Number);
            return context.Publish(new EventNumberCounted(message.Number));
        }
    }
}
