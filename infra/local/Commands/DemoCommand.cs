using System.CommandLine;
using ShopSaga.Local.Demonstration;
using ShopSaga.Local.Running;
using ShopSaga.Local.Verifying;
using Spectre.Console;

namespace ShopSaga.Local.Commands;

/// <summary>Starts everything, runs a guided tour of orders, checks the invariants, stops everything.</summary>
internal static class DemoCommand
{
    public static Command Describe()
    {
        var command = new Command("demo", "Start everything, place orders that succeed and fail, check the invariants, stop everything.");
        var stackArguments = new StackArguments(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var options = stackArguments.Read(arguments, withServices: true, Console.WriteLine);
            await using var stack = await LocalStack.StartAsync(options, cancellationToken);
            Terminal.Output.Write(StackTable.Of(stack));
            Console.WriteLine($"The shop in a browser, while this runs: {stack.GatewayAddress}");

            using var tour = new GuidedTour(stack, options, Terminal.Output);
            await tour.Run(cancellationToken);

            Terminal.Output.WriteLine();
            var invariants = await Verification.Check(
                stack.AdminConnectionString,
                stack.BrokerAddress,
                stack.BrokerManagementAddress,
                options.Servers.ServiceControl,
                cancellationToken);
            return Verification.Print(invariants, Terminal.Output) ? 0 : 1;
        });
        return command;
    }
}
