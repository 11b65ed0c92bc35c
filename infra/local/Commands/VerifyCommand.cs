using System.CommandLine;
using ShopSaga.Local.Verifying;

namespace ShopSaga.Local.Commands;

/// <summary>Are the books balanced? Asks the system that is up, or starts the one whose data is here for as long as that takes.</summary>
internal static class VerifyCommand
{
    public static Command Describe()
    {
        var command = new Command("verify", "Wait until nothing is under way, then check every equality of the books; exit code 1 when one does not hold.");
        var stackArguments = new StackArguments(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var options = stackArguments.Read(arguments, withServices: true, Console.WriteLine);
            if (options.Servers is { PostgreSql: { } postgreSql, RabbitMq: { } rabbitMq })
            {
                return await Verify(postgreSql, rabbitMq, cancellationToken);
            }

            if (options.BasePort is { } basePort && RunningStack.At(basePort) is { } running)
            {
                return await Verify(running.PostgreSql, running.RabbitMq, cancellationToken);
            }

            await using var stack = await Stack.StartAsync(options, cancellationToken);
            return await Verify(stack.AdminConnectionString, stack.BrokerAddress, cancellationToken);
        });
        return command;
    }

    private static async Task<int> Verify(string postgreSql, string rabbitMq, CancellationToken cancellationToken) =>
        Verification.Print(await Verification.Check(postgreSql, rabbitMq, cancellationToken), Terminal.Output) ? 0 : 1;
}
