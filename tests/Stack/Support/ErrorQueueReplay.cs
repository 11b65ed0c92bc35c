using ShopSaga.Replaying;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>Returns every failed message to the queue it failed in, as an operator does with the Replay target.</summary>
internal static class ErrorQueueReplay
{
    public static async Task ReturnAll()
    {
        await using var errorQueue = await ErrorQueue.Open(
            RunningSystem.Stack.BrokerAddress, ErrorQueue.DefaultName, CancellationToken.None);
        var outcomes = await errorQueue.Return(_ => true, CancellationToken.None);
        Assert.That(outcomes, Is.Not.Empty);
        Assert.That(outcomes.Keys.Select(outcome => outcome.Reason), Is.All.Null);
    }
}
