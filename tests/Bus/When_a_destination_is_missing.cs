using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_a_destination_is_missing
{
    private readonly Seen<string> _handled = new();

    [Test]
    public async Task Should_fail_no_message_in_flight_beside_it()
    {
        await using var endpoint = await Start();
        await using var rung = await Tap.On<EventBellRung>();
        var sending = Enumerable.Range(0, 200).Select(number => number % 20 == 0
            ? Task.Run(
                () => Assert.ThrowsAsync<DestinationMissingException>(() => endpoint.Session.Send(new RingBell(), Nowhere(endpoint))))
            : Task.Run(() => endpoint.Session.Publish(new EventBellRung(number))));

        await Task.WhenAll(sending);
        await Eventually.Is(() => rung.All.Select(delivery => delivery.Body).Distinct().Count() == 190, "every event has left");
    }

    /// <summary>There is no such queue, the broker refuses this user the exchange, or the name is too long for one.</summary>
    [TestCase("nowhere", 1)]
    [TestCase("amq.rabbitmq.trace", 1)]
    [TestCase("n", 300)]
    public async Task Should_take_a_retry_for_processed_that_cannot_be_acknowledged(string queue, int times)
    {
        await using var endpoint = await Start();
        await Broker.Send(endpoint.Name, new RingBell(), "retry", new Dictionary<string, string>
        {
            ["ServiceControl.Retry.UniqueMessageId"] = "1",
            ["ServiceControl.Retry.AcknowledgementQueue"] = string.Concat(Enumerable.Repeat(queue, times)),
        });
        await Management.HasAcknowledged(endpoint.Name, 1);

        Assert.That(_handled.All, Is.EqualTo(new[] { "retry" }));
        Assert.That(await Broker.Depth(endpoint.ErrorQueue), Is.Zero);
    }

    private static SendOptions Nowhere(TestEndpoint endpoint)
    {
        var options = new SendOptions();
        options.SetDestination($"{endpoint.Name}-nowhere");
        return options;
    }

    private Task<TestEndpoint> Start() => TestEndpoint.Start(
        configuration => configuration.AddHandler<Ringer>(), services => services.AddSingleton(_handled));

    internal sealed record RingBell;

    internal sealed record EventBellRung(int Number);

    internal sealed class Ringer(Seen<string> handled) : IHandleMessages<RingBell>
    {
        public Task Handle(RingBell message, IMessageHandlerContext context)
        {
            handled.Add(context.MessageId);
            return Task.CompletedTask;
        }
    }
}
