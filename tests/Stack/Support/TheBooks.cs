using ShopSaga.Local.Verifying;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>The equalities over all databases and the payment provider.</summary>
internal static class TheBooks
{
    public static async Task Balance()
    {
        var stack = RunningSystem.Stack;
        var equalities = await Verification.Check(stack.AdminConnectionString, stack.BrokerAddress, CancellationToken.None);
        foreach (var equality in equalities)
        {
            await TestContext.Out.WriteLineAsync($"{(equality.Holds ? "ok    " : "not ok")} {equality.Name}: {equality.Numbers}");
        }

        Assert.Multiple(() =>
        {
            foreach (var equality in equalities)
            {
                Assert.That(equality.Violations, Is.Empty, equality.Name);
            }
        });
    }
}
