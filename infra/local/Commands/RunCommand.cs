using System.CommandLine;
using ShopSaga.Local.Running;

namespace ShopSaga.Local.Commands;

/// <summary>Starts everything and keeps it running until a signal, or until a process has ended too often.</summary>
internal static class RunCommand
{
    public static Command Describe()
    {
        var command = new Command("run",
            "Start everything and keep it running until Ctrl+C. Processes that end by themselves are restarted, within limits.");
        var stackArguments = new StackArguments(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var options = stackArguments.Read(arguments, withServices: true, Console.WriteLine);
            string? failed;
            await using (var stack = await LocalStack.StartAsync(options, cancellationToken))
            {
                Terminal.Output.Write(StackTable.Of(stack));
                Console.WriteLine($"Administrator: {options.AdminEmail} / {options.AdminPassword}");
                Console.WriteLine($"The shop in a browser: {stack.GatewayAddress}");
                Console.WriteLine($"The failure laboratory: {stack.GatewayAddress}laboratory");
                Console.WriteLine($"ShopSaga is up: {stack.GatewayAddress.ToString().TrimEnd('/')}");
                failed = await new Supervisor(stack.Processes, Console.WriteLine).Run(cancellationToken);
                Console.WriteLine("Stopping.");
            }

            return failed is null ? 0 : 1;
        });
        return command;
    }
}
