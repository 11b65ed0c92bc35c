using System.Diagnostics;
using ShopSaga.Local.Running;
using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

/// <summary>Everything, started once for all tests, on servers of its own: they are killed here.</summary>
[SetUpFixture]
public class RunningSystem
{
    private static readonly StackOptions Options = new()
    {
        WithServices = true,
        RelaxedRateLimits = true,
        Progress = TestContext.Progress.WriteLine,
    };
    private static LocalStack? _stack;
    private static CustomerClient? _admin;
    private static TraceReceiver? _receiver;

    internal static LocalStack Stack => _stack!;

    internal static CustomerClient Admin => _admin!;

    /// <summary>Gets the telemetry of all services.</summary>
    internal static TraceReceiver Receiver => _receiver!;

    /// <summary>SIGKILL, and at once a new start.</summary>
    internal static Task KillAndStart(string part) => TakeAway(part, Stack.Kill(part));

    /// <summary>An orderly end, and at once a new start.</summary>
    internal static Task StopAndStart(string part) => TakeAway(part, Stack.Stop(part));

    /// <summary>A service with settings of the test's own, until this is disposed.</summary>
    internal static async Task<IAsyncDisposable> With(string service, Dictionary<string, string> settings)
    {
        await Stack.Stop(service);
        await Stack.StartWith(service, settings);
        return new UsualSettings(service);
    }

    [OneTimeSetUp]
    public async Task Start()
    {
        (Eventually.Limit, Eventually.Pause) = (TimeSpan.FromMinutes(5), TimeSpan.FromMilliseconds(50));
        var clock = Stopwatch.StartNew();
        _receiver = await TraceReceiver.Start();
        _stack = await LocalStack.StartAsync(Options with { TraceReceiver = _receiver.Address }, CancellationToken.None);
        await TestContext.Progress.WriteLineAsync($"The stack answers after {clock.Elapsed.TotalSeconds:0.0} s.");

        _admin = await CustomerClient.LoggedIn(Options.AdminEmail, Options.AdminPassword);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _admin?.Dispose();
        if (_stack is not null)
        {
            await _stack.DisposeAsync();
        }

        await (_receiver?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private static async Task TakeAway(string part, Task end)
    {
        var clock = Stopwatch.StartNew();
        await end;
        await Stack.Start(part);
        await TestContext.Out.WriteLineAsync($"{part} was away for {clock.Elapsed.TotalSeconds:0.0} s.");
    }

    private sealed class UsualSettings(string service) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await StopAndStart(service);
    }
}
