using ShopSaga.Tests.Simulation.Faults;

namespace ShopSaga.Tests.Simulation;

/// <summary>The simulation must be able to fail: each rule that is broken from outside is found, within so many histories.</summary>
internal sealed class When_a_fault_is_built_in
{
    private const int Histories = 40;

    private static IEnumerable<BuiltInFault> Faults => BuiltInFaults.All;

    [TestCaseSource(nameof(Faults))]
    public async Task Should_be_found(BuiltInFault fault)
    {
        var caught = await Campaign.Catch(Shops.All, fault, Histories);
        TestContext.Out.WriteLine($"| {fault} | {caught?.Histories} | {caught?.Broken} |");
        Assert.That(caught, Is.Not.Null, $"not found in {Histories} histories: {fault}");
    }
}
