namespace ShopSaga.Tests.Bus.Driven;

[FixtureLifeCycle(LifeCycle.SingleInstance)]
public class When_a_seed_drives_the_broker
{
    private const int Seeds = 200;
    private const int AtOnce = 3;
    private const double Duplicates = 0.25;
    private const double Crashes = 0.3;

    /// <summary>One for each run at a time: the outbox poller of a run must not find what another has left behind.</summary>
    private readonly List<Shop> _shops = [];

    [OneTimeSetUp]
    public async Task OpenShops()
    {
        for (var n = 0; n < AtOnce; n++)
        {
            _shops.Add(await Shop.Open());
        }
    }

    [OneTimeTearDown]
    public async Task CloseShops()
    {
        foreach (var shop in _shops)
        {
            await shop.DisposeAsync();
        }
    }

    [Test]
    public async Task Should_run_the_same_way_again_with_the_same_seed([Values(1, 2, 3)] int seed)
    {
        var first = await TraceOf(seed);
        var second = await TraceOf(seed);

        Assert.That(second, Is.EqualTo(first));
        Assert.That(first, Has.Some.EndsWith(" done"), "the run comes to its end");
    }

    [Test]
    public async Task Should_run_in_different_ways_with_different_seeds()
    {
        var ways = new HashSet<string>();
        for (var seed = 1; seed <= 5; seed++)
        {
            ways.Add(string.Join('\n', (await TraceOf(seed)).Select(step => step.Replace($"{seed}/", "", StringComparison.Ordinal))));
        }

        Assert.That(ways, Has.Count.EqualTo(5));
    }

    [Test]
    public async Task Should_have_every_effect_exactly_once_for_every_seed()
    {
        await Task.WhenAll(_shops.Select((shop, lane) => Task.Run(async () =>
        {
            for (var seed = 1 + lane; seed <= Seeds; seed += AtOnce)
            {
                await AssertExactlyOnce(shop, seed);
            }
        })));
    }

    private static async Task AssertExactlyOnce(Shop shop, int seed)
    {
        var simulation = new Simulation(shop.Sales.Name, shop.Billing.Name, seed);
        try
        {
            await shop.Empty();
            var broker = await simulation.Run(Duplicates, Crashes);
            foreach (var order in simulation.Placed)
            {
                Assert.That(
                    await Shop.Effects(shop.Sales, order),
                    Is.EqualTo(new[] { "done after 2", "followed", "ordered", "paid", "placed" }),
                    order);
                Assert.That(await Shop.Effects(shop.Billing, order), Is.EqualTo(new[] { "billed" }), order);
            }

            Assert.That(await shop.Sales.Query<long>($"select count(*) from \"{shop.Sales.Name}_OrderPolicy\""), Is.Zero);
            foreach (var endpoint in new[] { shop.Sales, shop.Billing })
            {
                Assert.That(await endpoint.Count("not \"Dispatched\""), Is.Zero, "left to be dispatched");
                Assert.That(broker.Depth(endpoint.Name) + broker.Depth(endpoint.ErrorQueue), Is.Zero, "left in the queues");
            }
        }
        catch (Exception failure)
        {
            throw new AssertionException($"Seed {seed}: {failure.Message}\nIt went:\n{string.Join('\n', simulation.Trace)}", failure);
        }
    }

    private async Task<IReadOnlyCollection<string>> TraceOf(int seed)
    {
        var shop = _shops[0];
        await shop.Empty();
        var simulation = new Simulation(shop.Sales.Name, shop.Billing.Name, seed);
        await simulation.Run(Duplicates, Crashes);
        return simulation.Trace;
    }
}
