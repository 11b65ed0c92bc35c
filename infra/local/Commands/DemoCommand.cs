using System.CommandLine;
using ShopSaga.Local.Verifying;
using Spectre.Console;

namespace ShopSaga.Local.Commands;

/// <summary>Everything up, a guided set of orders, the books checked, everything down.</summary>
internal static class DemoCommand
{
    public static Command Describe()
    {
        var command = new Command("demo", "Start everything, send a guided set of orders through it, check the books, stop everything.");
        var stackArguments = new StackArguments(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var options = stackArguments.Read(arguments, withServices: true, Console.WriteLine);
            await using var stack = await Stack.StartAsync(options, cancellationToken);
            Terminal.Output.Write(StackTable.Of(stack));

            using var demonstration = new Demonstration.Demonstration(stack, options, Terminal.Output);
            await demonstration.Run(cancellationToken);

            Terminal.Output.WriteLine();
            var books = await Verification.Check(stack.AdminConnectionString, stack.BrokerAddress, cancellationToken);
            return Verification.Print(books, Terminal.Output) ? 0 : 1;
        });
        return command;
    }
}
