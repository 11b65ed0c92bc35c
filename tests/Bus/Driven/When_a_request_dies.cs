using ShopSaga.Tests.Bus.Crashing;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Driven;

/// <summary>
/// A session that ends at each of its steps: before the commit nothing has happened, after it all of it does, by the poller.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_a_request_dies
{
    private readonly InMemory _carrier = new(new InMemoryBroker(TimeProvider.System));
    private CrashPoint? _diesAt;

    [TestCase(nameof(CrashPoint.BeforeCommit), false)]
    [TestCase(nameof(CrashPoint.Committed), true)]
    [TestCase(nameof(CrashPoint.Dispatching), true)]
    [TestCase(nameof(CrashPoint.Dispatched), true)]
    public async Task Should_do_all_of_it_or_nothing(string where, bool happens)
    {
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                Warehouse.Configure(configuration, Crash.None);
                configuration.AtCrashPoint = (step, _) => step == _diesAt ? throw Die() : Task.CompletedTask;
            },
            services => Warehouse.Add(services, Crash.None),
            broker: _carrier);
        await endpoint.Execute(Warehouse.Schema);
        _diesAt = Enum.Parse<CrashPoint>(where);
        if (_diesAt is CrashPoint.BeforeCommit or CrashPoint.Committed)
        {
            Assert.That(() => Warehouse.OrderPallet(endpoint, "pallet"), Throws.InstanceOf<OperationCanceledException>());
        }
        else
        {
            await Warehouse.OrderPallet(endpoint, "pallet");
        }

        if (happens)
        {
            await Eventually.Is(async () => await Labels(endpoint) == 1, "the message to itself is handled");
        }

        await Eventually.Is(async () => await endpoint.Count("not \"Dispatched\"") == 0, "nothing is left to be dispatched");
        Assert.That(_diesAt, Is.Null, "it died there");
        Assert.That(await endpoint.Query<long>("select count(*) from effects where what = 'order'"), Is.EqualTo(happens ? 1 : 0));
        Assert.That(await Labels(endpoint), Is.EqualTo(happens ? 1 : 0));
        Assert.That(await _carrier.Depth(endpoint.ErrorQueue), Is.Zero);
    }

    private static Task<long> Labels(TestEndpoint endpoint) => endpoint.Query<long>("select count(*) from effects where what = 'label'");

    private OperationCanceledException Die()
    {
        _diesAt = null;
        return new OperationCanceledException("The request died.");
    }
}
