using System.CommandLine;
using RabbitMQ.Client.Exceptions;
using ShopSaga.Local.Processes;
using ShopSaga.Local.Replaying;
using ShopSaga.Local.Running;
using ShopSaga.Replaying;
using Command = System.CommandLine.Command;

namespace ShopSaga.Local.Commands;

/// <summary>
/// Lists failed messages and returns them to the queues they failed in. Works on the running broker, or on one that is started for this on
/// the data of the last run; returned messages then wait for the next run.
/// </summary>
internal static class ReplayCommand
{
    public static Command Describe()
    {
        var queue = new Option<string>("--queue")
        {
            Description = "The error queue.",
            DefaultValueFactory = _ => ErrorQueue.DefaultName,
            Recursive = true,
        };
        var id = new Argument<string>("id") { Description = "The id, as the list shows it." };
        var ids = new Option<string[]>("--id") { Description = "Only messages with this id; can be repeated." };
        var groups = new Option<string[]>("--group")
        {
            Description = "Only messages in this group, as the list shows it; can be repeated.",
        };
        var list = new Command("list", "List failed messages by exception and type.");
        var show = new Command("show", "Show one failed message with its headers and body.") { id };
        var @return = new Command("return",
            "Return failed messages, all when none is named. Exit code 1 when one could not be returned.") { ids, groups };
        var command = new Command("replay", "Failed messages: list them, show one, return them to the queues they failed in.")
        {
            queue, list, show, @return,
        };
        var stackArguments = new StackArguments(command, recursive: true);

        list.SetAction(Work((replay, _, token) => replay.List(token)));
        show.SetAction(Work((replay, arguments, token) => replay.Show(arguments.GetValue(id)!, token)));
        @return.SetAction(
            Work((replay, arguments, token) => replay.Return(arguments.GetValue(ids) ?? [], arguments.GetValue(groups) ?? [], token)));
        return command;

        Func<ParseResult, CancellationToken, Task<int>> Work(Func<Replay, ParseResult, CancellationToken, Task<int>> work) =>
            (arguments, cancellationToken) =>
            OnBroker(
                stackArguments.Read(arguments, withServices: false, Console.Error.WriteLine),
                async broker =>
                {
                    await using var errorQueue = await ErrorQueue.Open(broker, arguments.GetValue(queue)!, cancellationToken);
                    return await work(new Replay(errorQueue, Terminal.Output), arguments, cancellationToken);
                },
                cancellationToken);
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

            await using var stack = await LocalStack.StartAsync(options, cancellationToken);
            return await work(stack.BrokerAddress);
        }
        catch (BrokerUnreachableException unreachable)
        {
            throw new CannotStartException(
                $"The connection to RabbitMQ failed: {unreachable.InnerException?.Message ?? unreachable.Message}");
        }
        catch (RabbitMQClientException lost)
        {
            throw new CannotStartException(
                $"The connection to RabbitMQ was lost; messages that were not returned are still in the error queue. {lost.Message}");
        }
    }
}
