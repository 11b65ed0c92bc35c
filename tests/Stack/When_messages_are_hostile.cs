using ShopSaga.Fuzz;
using ShopSaga.Fuzz.Messages;
using ShopSaga.Local.Running;

namespace ShopSaga.Tests.Stack;

/// <summary>A short campaign of the target Fuzz, on a stack of its own: it leaves records of orders that do not exist.</summary>
[NonParallelizable]
internal sealed class When_messages_are_hostile
{
    [Test]
    public async Task Should_kill_no_process_never_circle_and_hold_up_no_order()
    {
        var options = new StackOptions { WithServices = true, RelaxedRateLimits = true, Progress = TestContext.Progress.WriteLine };
        await using var stack = await LocalStack.StartAsync(options, CancellationToken.None);
        var campaign = new MessageCampaign(
            Target.From(stack.Environment().GetValueOrDefault), new MessagePlan(Seed: 1, Messages: 100), TestContext.Progress.WriteLine);

        var violations = await campaign.Run(only: null, CancellationToken.None);

        Assert.That(violations, Is.Empty);
    }
}
