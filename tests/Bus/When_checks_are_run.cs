using System.Text.Json.Nodes;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public class When_checks_are_run
{
    [Test]
    public async Task Should_tell_what_was_found_and_how_long_that_is_true()
    {
        var name = TestEndpoint.UniqueName();
        await using var serviceControl = await Tap.On($"{name}.servicecontrol");
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.ReportCustomChecksTo($"{name}.servicecontrol");
                configuration.AddCustomCheck<OnceAtStart>();
                configuration.AddCustomCheck<Hourly>();
            },
            name: name);
        var told = new[] { await serviceControl.Next(), await serviceControl.Next() }
            .ToDictionary(message => $"{Body(message)["CustomCheckId"]}");

        Assert.That(Body(told["once"])["HasFailed"]!.GetValue<bool>(), Is.False);
        Assert.That(Body(told["once"])["FailureReason"], Is.Null);
        Assert.That(told["once"].Properties.IsExpirationPresent(), Is.False, "nothing newer will come");
        Assert.That(Body(told["hourly"])["HasFailed"]!.GetValue<bool>());
        Assert.That($"{Body(told["hourly"])["FailureReason"]}", Is.EqualTo("It is locked."));
        Assert.That(told["hourly"].Properties.Expiration, Is.EqualTo($"{TimeSpan.FromHours(4).TotalMilliseconds}"));
        await Broker.Delete($"{name}.servicecontrol");
    }

    private static JsonNode Body(Delivery message) => JsonNode.Parse(message.Body)!;

    internal sealed class OnceAtStart() : CustomCheck("once", "Doors")
    {
        public override Task<CheckResult> PerformCheck(CancellationToken cancellationToken = default) => CheckResult.Pass;
    }

    internal sealed class Hourly() : CustomCheck("hourly", "Doors", TimeSpan.FromHours(1))
    {
        public override Task<CheckResult> PerformCheck(CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("It is locked.");
    }
}
