using ShopSaga.Local.Replaying;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>What an operator does with the error queue, by the command for it: every message goes back to the queue it failed in.</summary>
internal static class Replay
{
    public static async Task All()
    {
        await using var errorQueue = await ErrorQueue.Open(RunningSystem.Stack.BrokerAddress, ErrorQueue.DefaultName, CancellationToken.None);
        var outcomes = await errorQueue.Return(_ => true, CancellationToken.None);
        Assert.That(outcomes, Is.Not.Empty);
        Assert.That(outcomes.Keys.Select(outcome => outcome.WhyLeft), Is.All.Null);
    }
}
