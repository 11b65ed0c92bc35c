using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>In a first deployment, a publisher may be up before its subscribers have made their queues.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_an_event_has_no_subscriber_yet
{
    private readonly FakeTimeProvider _time = TestTime.New();

    [Test]
    public async Task Should_deliver_it_to_the_first_one()
    {
        await using var publisher = await TestEndpoint.Start(_ => { }, services => services.AddSingleton<TimeProvider>(_time));
        await publisher.Session.Publish(new EventHarbourOpened(1));
        await publisher.Session.Publish(new EventHarbourOpened(2));

        await using var subscriber = await Tap.On<EventHarbourOpened>();

        await Eventually.Is(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return subscriber.Count == 2;
            },
            "both arrive");
    }

    internal sealed record EventHarbourOpened(int Number);
}
