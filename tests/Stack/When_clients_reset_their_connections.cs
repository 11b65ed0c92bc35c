using ShopSaga.Fuzz;
using ShopSaga.Fuzz.Aborts;

namespace ShopSaga.Tests.Stack;

/// <summary>A short campaign of the target Fuzz.</summary>
public class When_clients_reset_their_connections
{
    [Test]
    public async Task Should_leak_no_connection_and_stay_ready()
    {
        var target = Target.From(RunningSystem.Stack.Environment().GetValueOrDefault);
        var campaign = new AbortCampaign(target, new AbortPlan(Seed: 1, Requests: 600), TestContext.Progress.WriteLine);

        var violations = await campaign.Run(only: null, CancellationToken.None);

        Assert.That(violations, Is.Empty);
    }
}
