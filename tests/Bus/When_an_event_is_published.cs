using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public sealed class When_an_event_is_published
{
    [Test]
    public async Task Should_reach_the_handler_once_and_be_remembered_as_processed()
    {
        var received = new ConcurrentBag<string>();
        await using var endpoint = await TestEndpoint.Start(
            configuration => configuration.AddHandler<Handler>(),
            services => services.AddSingleton(received));

        for (var i = 0; i < 50; i++)
        {
            await endpoint.Session.Publish(new EventHappened($"event {i}"));
        }

        await Eventually.Is(() => received.Count == 50, "all events arrive");
        await Eventually.Is(async () => await endpoint.Count("\"Dispatched\"") == 50, "all are marked");
        Assert.That(received.Distinct().Count(), Is.EqualTo(50));
    }

    internal sealed record EventHappened(string What);

    internal sealed class Handler(ConcurrentBag<string> received) : IHandleMessages<EventHappened>
    {
        public Task Handle(EventHappened message, IMessageHandlerContext context)
        {
            received.Add(message.What);
            return Task.CompletedTask;
        }
    }
}
