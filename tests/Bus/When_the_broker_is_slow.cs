using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>Messages take so long to leave that the poller sees their record several times.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_the_broker_is_slow
{
    private readonly FakeTimeProvider _time = TestTime.New();
    private readonly TaskCompletionSource _dispatching = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _confirmed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [TestCase(true)]
    [TestCase(false)]
    public async Task Should_send_them_once(bool fromSession)
    {
        await using var endpoint = await Start();
        await using var sent = await Tap.On<EventShipped>();
        if (fromSession)
        {
            await using var request = endpoint.NewRequest(out var session);
            await session.Open(new SqlPersistenceOpenSessionOptions());
            await session.Publish(new EventShipped("slow"));
            await session.Commit();
        }
        else
        {
            await Broker.Send(endpoint.Name, new Ship("slow"));
        }

        await _dispatching.Task;
        await endpoint.Execute(
            $$"""
              insert into "{{endpoint.OutboxTable}}" ("MessageId", "Operations") values ('left behind', '[{
                  "MessageId": "1",
                  "Headers": { "NServiceBus.EnclosedMessageTypes": "{{typeof(EventShipped).AssemblyQualifiedName}}" },
                  "Body": "eyJXaGF0IjoibGVmdCBiZWhpbmQifQ==",
                  "Options": { "EventType": "{{typeof(EventShipped).AssemblyQualifiedName}}" } }]')
              """);
        await Eventually.Is(
            async () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return await endpoint.Count("\"MessageId\" = 'left behind' and \"Dispatched\"") == 1;
            },
            "the poller was at work");
        _confirmed.SetResult();
        await Eventually.Is(async () => await endpoint.Count("not \"Dispatched\"") == 0, "all are marked");

        Assert.That(sent.All.Count(delivery => delivery.Body.Contains("slow", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    private Task<TestEndpoint> Start() => TestEndpoint.Start(
        configuration =>
        {
            configuration.AddHandler<Shipper>();
            configuration.AtCrashPoint = async (point, id) =>
            {
                if (point == CrashPoint.Dispatched)
                {
                    _dispatching.TrySetResult();
                    await _confirmed.Task;
                }
            };
        },
        services => services.AddSingleton<TimeProvider>(_time));

    internal sealed record Ship(string What);

    internal sealed record EventShipped(string What);

    internal sealed class Shipper : IHandleMessages<Ship>
    {
        public Task Handle(Ship message, IMessageHandlerContext context) => context.Publish(new EventShipped(message.What));
    }
}
