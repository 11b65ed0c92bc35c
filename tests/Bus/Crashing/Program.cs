using System.Diagnostics;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Crashing;

/// <summary>The process that is killed: it joins an endpoint of a test, does what it is told to, and dies at the given place.</summary>
internal static class Program
{
    private const int Killed = 128 + 9;

    public static async Task<int> Main(string[] arguments)
    {
        var (endpointName, where, pallet) = (arguments[0], arguments[1], arguments.ElementAtOrDefault(2));
        var crash = new Crash(where);
        await using var endpoint = await TestEndpoint.Join(
            endpointName, configuration => Warehouse.Configure(configuration, crash), services => Warehouse.Add(services, crash));
        if (pallet is not null)
        {
            await Warehouse.OrderPallet(endpoint, pallet);
        }

        await Task.Delay(Eventually.Limit);
        return 1;
    }

    /// <summary>Starts it and waits until it is dead.</summary>
    /// <param name="endpoint">Name of the endpoint that it joins.</param>
    /// <param name="where">Where it dies.</param>
    /// <param name="pallet">What it orders in a session, if anything.</param>
    public static async Task RunUntilKilled(string endpoint, string where, string? pallet = null)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            ArgumentList = { typeof(Program).Assembly.Location, endpoint, where },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (pallet is not null)
        {
            start.ArgumentList.Add(pallet);
        }

        using var process = Process.Start(start)!;
        var said = process.StandardOutput.ReadToEndAsync();
        var complained = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(await said, Does.Contain($"{Crash.Reached} {where}"), await complained);
        Assert.That(process.ExitCode, Is.EqualTo(Killed));
    }
}
