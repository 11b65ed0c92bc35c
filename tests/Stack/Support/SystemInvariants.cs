using ShopSaga.Local.Verifying;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>Asserts the invariants over all databases and the payment provider.</summary>
internal static class SystemInvariants
{
    public static async Task ShouldHold()
    {
        var stack = RunningSystem.Stack;
        var invariants = await Verification.Check(
            stack.AdminConnectionString,
            stack.BrokerAddress,
            stack.BrokerManagementAddress,
            serviceControl: null,
            CancellationToken.None);
        foreach (var invariant in invariants)
        {
            await TestContext.Out.WriteLineAsync($"{(invariant.Holds ? "ok    " : "not ok")} {invariant.Name}: {invariant.Numbers}");
        }

        Assert.Multiple(() =>
        {
            foreach (var invariant in invariants)
            {
                Assert.That(invariant.Violations, Is.Empty, invariant.Name);
            }
        });
    }
}
