using System.CommandLine;
using System.Diagnostics;
using ShopSaga.Local.Demonstration;
using ShopSaga.Local.Verifying;

namespace ShopSaga.Local.Commands;

/// <summary>Orders lost its price list: Products announces the whole catalogue again, and Orders writes down what it hears.</summary>
internal static class RebuildPricesCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public static Command Describe()
    {
        var command = new Command("rebuild-prices", "Let Products announce its catalogue again, and wait until Orders knows all of it; exit code 1 when it does not.");
        var stackArguments = new StackArguments(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var options = stackArguments.Read(arguments, withServices: true, Console.WriteLine);
            if (options.BasePort is { } basePort && RunningStack.At(basePort) is { } running)
            {
                return await Rebuild(new Ports(basePort), running.PostgreSql, options, cancellationToken);
            }

            await using var stack = await Stack.StartAsync(options, cancellationToken);
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

    /// <summary>Gives the equality of catalogue and price list, as soon as it holds or when patience has ended.</summary>
    internal static async Task<Equality> Rebuild(Ports ports, string postgreSql, string email, string password, CancellationToken cancellationToken)
    {
        using var gateway = new Shop(ports.AddressOf(Topology.Find("gateway")));
        using var products = new Shop(ports.AddressOf(Topology.Find("Products")));
        products.Authorize(await gateway.LogIn(email, password, cancellationToken));
        await products.Ask("internal/catalogue/announcements", cancellationToken);

        var waited = Stopwatch.StartNew();
        while (true)
        {
            var prices = Books.Prices(
                await BookKeeping.Catalogued(postgreSql, cancellationToken),
                await BookKeeping.Priced(postgreSql, cancellationToken));
            if (prices.Holds || waited.Elapsed > Patience)
            {
                return prices;
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }
}
