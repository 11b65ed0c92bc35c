using ShopSaga.Tests.Simulation.Shop;

namespace ShopSaga.Tests.Simulation;

/// <summary>The shops of all fixtures: they take seconds to open.</summary>
[SetUpFixture]
internal sealed class Shops
{
    public static IReadOnlyList<SimulatedShop> All { get; private set; } = [];

    [OneTimeSetUp]
    public async Task Open() => All = await Task.WhenAll(SimulatedShop.Open(), SimulatedShop.Open());

    [OneTimeTearDown]
    public async Task Close()
    {
        foreach (var shop in All)
        {
            await shop.DisposeAsync();
        }
    }
}
