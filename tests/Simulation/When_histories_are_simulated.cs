namespace ShopSaga.Tests.Simulation;

/// <summary>After orders, faults and crashes as a seed decides them, nothing is open, nothing is left, and the books balance.</summary>
internal sealed class When_histories_are_simulated
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(45);

    [Test]
    public async Task Should_come_to_rest_with_balanced_books()
    {
        var first = Random.Shared.Next(1_000_000_000);
        var (failures, histories, steps, orders) = await Campaign.Play(first, int.MaxValue, Time, Shops.All);
        TestContext.Out.WriteLine($"{histories} histories from --seed={first} on, {steps} steps, {orders} orders");
        if (failures is [var failure, ..])
        {
            var shortest = await Shrinking.Shrink(Shops.All[0], failure);
            Assert.Fail($"{failures.Count} failed, such as --seed={failure.Seed}, in short:\n{shortest.Story}\n{shortest.Broken[0]}");
        }
    }
}
