namespace ShopSaga.Tests.Simulation;

/// <summary>After orders, faults and crashes as a seed decides them, nothing is open, nothing is left, and the books balance.</summary>
internal sealed class When_histories_are_simulated
{
    private const int Histories = 1000;

    [Test]
    public async Task Should_end_idle_with_balanced_books()
    {
        var first = Random.Shared.Next(1_000_000_000);
        var played = await Campaign.Play(first, Histories, TimeSpan.MaxValue, Shops.All);
        TestContext.Out.WriteLine(
            $"{played.Histories} histories from --seed={first} on, {played.Courses} distinct, {played.Interleaved} interleaved, "
                + $"{played.Steps} steps, {played.Orders} orders");
        if (played.Failures is [var failure, ..])
        {
            var shortest = await Campaign.Shorten(Shops.All[0], failure);
            Assert.Fail(
                $"{played.Failures.Count} failed, such as --seed={failure.Seed}, in short:\n{shortest.Story}\n{shortest.Broken[0]}");
        }
    }
}
