using ShopSaga.Fuzz;

namespace ShopSaga.Tests.Stack;

/// <summary>A short campaign of the target Fuzz.</summary>
public class When_clients_are_hostile
{
    [Test]
    public async Task Should_keep_the_contract_for_every_request()
    {
        var target = Target.From(RunningSystem.Stack.Environment().GetValueOrDefault);
        var campaign = new Campaign(target, new Plan(Seed: 1, Requests: 400, SlowClients: 10, Connections: 100), TestContext.Out.WriteLine);

        var findings = await campaign.Run(CancellationToken.None);

        findings.Print();
        Assert.That(findings.Violations, Is.Empty);
    }

    [Test]
    public async Task Should_attack_every_route_that_is_documented() =>
        Assert.That(await RouteTable.Differences(RunningSystem.Stack.GatewayAddress, CancellationToken.None), Is.Empty);
}
