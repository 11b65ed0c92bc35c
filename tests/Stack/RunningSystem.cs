using System.Diagnostics;
using ShopSaga.Local;
using ShopSaga.Local.Demonstration;
using LocalStack = ShopSaga.Local.Stack;

namespace ShopSaga.Tests.Stack;

/// <summary>Everything, started once for all tests, on servers of its own: they are killed here.</summary>
[SetUpFixture]
public class RunningSystem
{
    private static readonly StackOptions Options = new() { WithServices = true, Progress = TestContext.Progress.WriteLine };
    private static LocalStack? stack;
    private static Shop? admin;

    internal static LocalStack Stack => stack!;

    internal static Shop Admin => admin!;

    [OneTimeSetUp]
    public async Task Start()
    {
        var clock = Stopwatch.StartNew();
        stack = await LocalStack.StartAsync(Options, CancellationToken.None);
        await TestContext.Progress.WriteLineAsync($"The stack answers after {clock.Elapsed.TotalSeconds:0.0} s.");

        admin = new Shop(stack.GatewayAddress);
        await admin.LogIn(Options.AdminEmail, Options.AdminPassword, CancellationToken.None);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        admin?.Dispose();
        if (stack is not null)
        {
            await stack.DisposeAsync();
        }
    }
}
