using System.CommandLine;
using ShopSaga.Local.Running;
using ShopSaga.Local.Verifying;

namespace ShopSaga.Local.Commands;

/// <summary>Checks the invariants of the running system, or of one that is started for this on the data of the last run.</summary>
internal static class VerifyCommand
{
    public static Command Describe()
    {
        var command = new Command("verify",
            "Wait until the system is idle, then check its invariants. Exit code 1 when one does not hold.");
        var stackArguments = new StackArguments(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var options = stackArguments.Read(arguments, withServices: true, Console.WriteLine);
            if (options.Servers is { PostgreSql: { } postgreSql, RabbitMq: { } rabbitMq })
            {
                return await Verify(postgreSql, rabbitMq, options.Servers.RabbitMqManagement);
            }

            if (options.BasePort is { } basePort && RunningStack.At(basePort) is { } running)
            {
                return await Verify(running.PostgreSql, running.RabbitMq, running.RabbitMqManagement);
            }

            await using var stack = await LocalStack.StartAsync(options, cancellationToken);
            return await Verify(stack.AdminConnectionString, stack.BrokerAddress, stack.BrokerManagementAddress);

            async Task<int> Verify(string admin, string broker, string? management)
            {
                var invariants = await Verification.Check(admin, broker, management, options.Servers.ServiceControl, cancellationToken);
                return Verification.Print(invariants, Terminal.Output) ? 0 : 1;
            }
        });
        return command;
    }
}
