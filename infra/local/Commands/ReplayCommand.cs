using System.CommandLine;
using RabbitMQ.Client.Exceptions;
using ShopSaga.Local.Replaying;

namespace ShopSaga.Local.Commands;

/// <summary>
/// Failed messages: which there are, and back with them to the queues they failed in. Asks the broker that is up, or starts the one whose data
/// is here for as long as that takes; what is returned then waits for the next run.
/// </summary>
internal static class ReplayCommand
{
    public static Command Describe()
    {
        var id = new Argument<string>("id") { Description = "The id, as the list shows it." };
        var ids = new Option<string[]>("--id") { Description = "Only the messages of this id; may be given several times." };
        var groups = new Option<string[]>("--group") { Description = "Only the messages of this group, as the list shows it; may be given several times." };
        return new Command("replay", "Failed messages: list them, show one, return them to the queues they failed in.")
        {
            Describe("list", "List failed messages by exception and type.", [], (replay, _, token) => replay.List(token)),
            Describe("show", "Show one failed message with its headers and its body.", [id],
                (replay, arguments, token) => replay.Show(arguments.GetValue(id)!, token)),
            Describe("return", "Return failed messages, all when none is named; exit code 1 when one had to stay.", [ids, groups],
                (replay, arguments, token) => replay.Return(arguments.GetValue(ids) ?? [], arguments.GetValue(groups) ?? [], token)),
        };
    }

    private static Command Describe(
        string name, string description, Symbol[] symbols, Func<Replay, ParseResult, CancellationToken, Task<int>> work)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Option option)
            {
                command.Add(option);
            }
            else if (symbol is Argument argument)
            {
                command.Add(argument);
            }
        }

        var queue = new Option<string>("--queue") { Description = "The error queue.", DefaultValueFactory = _ => ErrorQueue.DefaultName };
        command.Add(queue);
        var stackArguments = new StackArguments(command);
        command.SetAction((arguments, cancellationToken) => OnBroker(
            stackArguments.Read(arguments, withServices: false, Console.Error.WriteLine),
            async broker =>
            {
                await using var errorQueue = await ErrorQueue.Open(broker, arguments.GetValue(queue)!, cancellationToken);
                return await work(new Replay(errorQueue, Terminal.Output), arguments, cancellationToken);
            },
            cancellationToken));
        return command;
    }

    private static async Task<int> OnBroker(StackOptions options, Func<string, Task<int>> work, CancellationToken cancellationToken)
    {
        try
        {
            if (options.Servers.RabbitMq is { } given)
            {
                return await work(given);
            }

            if (options.BasePort is { } basePort && RunningStack.At(basePort) is { } running)
            {
                return await work(running.RabbitMq);
            }

            await using var stack = await Stack.StartAsync(options, cancellationToken);
            return await work(stack.BrokerAddress);
        }
        catch (RabbitMQClientException lost)
        {
            throw new CannotStartException($"RabbitMQ was lost on the way; what is not returned is still in the error queue. {lost.Message}");
        }
    }
}
