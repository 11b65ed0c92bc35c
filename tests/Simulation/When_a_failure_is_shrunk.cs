using ShopSaga.Tests.Simulation.Faults;

namespace ShopSaga.Tests.Simulation;

/// <summary>What a person reads of a failure has nothing in it that the failure does not need.</summary>
internal sealed class When_a_failure_is_shrunk
{
    private const int FewSteps = 25;

    [Test]
    public async Task Should_keep_one_order_and_few_steps()
    {
        var shop = Shops.All[0];
        var fault = BuiltInFaults.All.Single(fault => fault.Name == "an event is missing in the history of an order");
        await using var builtIn = await shop.With(fault);
        var seed = 1;
        while (await History.Play(shop, seed) is { Broken.Count: 0 } or { Orders: 1 })
        {
            seed++;
        }

        var failure = await History.Play(shop, seed);
        var shortest = await Shrinking.Shrink(shop, failure);
        var again = await History.Play(shop, seed, shortest.Without);

        TestContext.Out.WriteLine($"--seed={seed}: {failure.Steps} steps became {shortest.Steps}\n{shortest.Story}");
        Assert.That(failure.Orders, Is.GreaterThan(1));
        Assert.That(shortest.Orders, Is.EqualTo(1));
        Assert.That(shortest.Steps, Is.LessThan(FewSteps));
        Assert.That((again.Story, again.Broken), Is.EqualTo((shortest.Story, shortest.Broken)), "it can be played again");
    }
}
