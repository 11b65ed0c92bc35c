using System.CommandLine;
using ShopSaga.Local.Running;
using ShopSaga.Local.Servers;

namespace ShopSaga.Local.Commands;

/// <summary>Starts everything and keeps it running until a signal, or until a process has ended too often.</summary>
internal static class RunCommand
{
    public static Command Describe()
    {
        var command = new Command("run",
            "Start everything and keep it running until Ctrl+C. Processes that end by themselves are restarted, within limits.");
        var observe = new Option<bool>("--observe")
        {
            Description = "Start Prometheus and a dashboard for traces and logs beside it, where they are to be had.",
        };
        command.Add(observe);
        var stackArguments = new StackArguments(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var options = stackArguments.Read(arguments, withServices: true, Console.WriteLine) with
            {
                Observe = arguments.GetValue(observe),
            };
            string? failed;
            await using (var stack = await LocalStack.StartAsync(options, cancellationToken))
            {
                Terminal.Output.Write(StackTable.Of(stack));
                Console.WriteLine($"Administrator: {options.AdminEmail} / {options.AdminPassword}");
                Console.WriteLine($"The shop in a browser: {stack.GatewayAddress}");
                Console.WriteLine($"The failure laboratory: {stack.GatewayAddress}laboratory");
                if (stack.TraceReceiver is not null)
                {
                    Console.WriteLine($"Traces and logs: {Dashboard.Address(stack.Ports)}traces");
                }

                if (stack.Processes.Any(process => process.Name == Prometheus.Name))
                {
                    Console.WriteLine($"Metrics and alerts: {Prometheus.Address(stack.Ports)}alerts");
                }

                Console.WriteLine($"ShopSaga is up: {stack.GatewayAddress.ToString().TrimEnd('/')}");
                failed = await new Supervisor(stack.Processes, Console.WriteLine).Run(cancellationToken);
                Console.WriteLine("Stopping.");
            }

            return failed is null ? 0 : 1;
        });
        return command;
    }
}
