using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Driven;

/// <summary>Delayed messages of the in-memory transport, by a clock that the test moves.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_time_is_moved
{
    private readonly FakeTimeProvider _time = TestTime.New();
    private readonly Seen<string> _rung = new();

    [Test]
    public async Task Should_deliver_a_delayed_message_at_its_time_and_not_a_moment_before()
    {
        var broker = new InMemoryBroker(_time, seed: 1);
        await using var endpoint = await Start(broker);
        await Ring(endpoint, "late", TimeSpan.FromDays(60));
        await Ring(endpoint, "early", TimeSpan.FromSeconds(10));

        Assert.That(broker.NextDue, Is.EqualTo(_time.GetUtcNow() + TimeSpan.FromSeconds(10)));
        Assert.That(await broker.DeliverNext(), Is.False);
        _time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.That(await broker.DeliverNext(), Is.False);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.That(await broker.DeliverNext(), Is.True);
        Assert.That(_rung.All, Is.EqualTo(new[] { "early" }));
        _time.SetUtcNow(broker.NextDue!.Value);
        Assert.That(await broker.DeliverNext(), Is.True);
        Assert.That(_rung.All, Is.EqualTo(new[] { "early", "late" }));
        Assert.That(broker.NextDue, Is.Null);
    }

    [Test]
    public async Task Should_go_on_receiving_while_a_message_waits_longer_than_any_timer_can()
    {
        await using var endpoint = await Start(new InMemoryBroker(_time));
        await Ring(endpoint, "late", TimeSpan.FromDays(60));
        await Ring(endpoint, "now", TimeSpan.Zero);
        Assert.That(await _rung.Next(), Is.EqualTo("now"));

        await Eventually.Is(
            () =>
            {
                _time.Advance(TimeSpan.FromDays(1));
                return _rung.Count == 2;
            },
            "the other one is delivered when its time has come");
        Assert.That(_time.GetUtcNow() - TestTime.Start, Is.GreaterThanOrEqualTo(TimeSpan.FromDays(60)));
    }

    [Test]
    public void Should_not_be_driven_without_a_seed() =>
        Assert.That(() => new InMemoryBroker(_time).DeliverNext(), Throws.InvalidOperationException.With.Message.Contains("seed"));

    private static Task Ring(TestEndpoint endpoint, string bell, TimeSpan delay)
    {
        var options = new SendOptions();
        options.RouteToThisEndpoint();
        options.DelayDeliveryWith(delay);
        return endpoint.Session.Send(new RingBell(bell), options);
    }

    private Task<TestEndpoint> Start(InMemoryBroker broker) => TestEndpoint.Start(
        configuration => configuration.AddHandler<Ringer>(),
        services => services.AddSingleton(_rung).AddSingleton<TimeProvider>(_time),
        broker: new InMemory(broker));

    internal sealed record RingBell(string Bell);

    internal sealed class Ringer(Seen<string> rung) : IHandleMessages<RingBell>
    {
        public Task Handle(RingBell message, IMessageHandlerContext context)
        {
            rung.Add(message.Bell);
            return Task.CompletedTask;
        }
    }
}
