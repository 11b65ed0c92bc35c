using System.CommandLine;
using System.Diagnostics;
using ShopSaga.Local.Demonstration;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Running;
using ShopSaga.Local.Verifying;

namespace ShopSaga.Local.Commands;

/// <summary>Rebuilds a lost price list of Orders: Products announces its whole catalogue again.</summary>
internal static class RebuildPricesCommand
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public static Command Describe()
    {
        var command = new Command("rebuild-prices",
            "Let Products announce its catalogue again, and wait until the price list of Orders equals it. Exit code 1 when it does not.");
        var stackArguments = new StackArguments(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var options = stackArguments.Read(arguments, withServices: true, Console.WriteLine);
            if (options.BasePort is { } basePort && RunningStack.At(basePort) is { } running)
            {
                return await Rebuild(new Ports(basePort), running.PostgreSql, options, cancellationToken);
            }

            await using var stack = await LocalStack.StartAsync(options, cancellationToken);
            return await Rebuild(stack.Ports, stack.AdminConnectionString, options, cancellationToken);
        });
        return command;
    }

    private static async Task<int> Rebuild(Ports ports, string postgreSql, StackOptions options, CancellationToken cancellationToken)
    {
        var prices = await Rebuild(ports, postgreSql, options.AdminEmail, options.AdminPassword, cancellationToken);
        foreach (var violation in prices.Violations)
        {
            Console.WriteLine($"not ok: {violation}");
        }

        Console.WriteLine($"{prices.Name}: {prices.Numbers}.");
        return prices.Holds ? 0 : 1;
    }

    /// <summary>Returns the invariant "price list = catalogue" as soon as it holds, or when the time limit has passed.</summary>
    internal static async Task<Invariant> Rebuild(
        Ports ports, string postgreSql, string email, string password, CancellationToken cancellationToken)
    {
        using var gateway = new ShopClient(ports.AddressOf(Topology.Find("gateway")));
        using var products = new ShopClient(ports.AddressOf(Topology.Find("Products")));
        products.Authorize(await gateway.LogIn(email, password, cancellationToken));
        await products.Post("internal/catalogue/announcements", cancellationToken);

        var waited = Stopwatch.StartNew();
        while (true)
        {
            var prices = Invariants.Prices(
                await SystemState.ReadCatalogue(postgreSql, cancellationToken),
                await SystemState.ReadPriceList(postgreSql, cancellationToken));
            if (prices.Holds || waited.Elapsed > TimeLimit)
            {
                return prices;
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }
}
