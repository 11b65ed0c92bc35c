namespace ShopSaga.Tests.Simulation;

/// <summary>A history can be looked into only if its seed plays it again, in another shop too.</summary>
internal sealed class When_a_seed_is_played_twice
{
    private const int Seeds = 10;

    [Test]
    public async Task Should_give_the_same_history()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var stories = await Task.WhenAll(Shops.All.Select(shop => History.Play(shop, seed)));
            Assert.That(stories[1].Story, Is.EqualTo(stories[0].Story), $"--seed={seed}");
        }
    }
}
