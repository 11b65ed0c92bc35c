using System.CommandLine;
using ShopSaga.Local.Running;

namespace ShopSaga.Local.Commands;

/// <summary>Starts everything and keeps it running until a signal.</summary>
internal static class RunCommand
{
    public static Command Describe()
    {
        var command = new Command("run", "Start everything and keep it running until Ctrl+C.");
        var stackArguments = new StackArguments(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var options = stackArguments.Read(arguments, withServices: true, Console.WriteLine);
            await using (var stack = await LocalStack.StartAsync(options, cancellationToken))
            {
                Terminal.Output.Write(StackTable.Of(stack));
                Console.WriteLine($"Administrator: {options.AdminEmail} / {options.AdminPassword}");
                Console.WriteLine($"ShopSaga is up: {stack.GatewayAddress.ToString().TrimEnd('/')}");
                await Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);
                Console.WriteLine("Stopping.");
            }
            return 0;
        });
        return command;
    }
}
