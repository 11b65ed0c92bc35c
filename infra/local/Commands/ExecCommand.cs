using System.CommandLine;
using System.ComponentModel;
using ShopSaga.Local.Processes;
using Command = System.CommandLine.Command;

namespace ShopSaga.Local.Commands;

/// <summary>Servers, or everything, for as long as one command runs.</summary>
internal static class ExecCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static Command Describe()
    {
        var services = new Option<bool>("--services") { Description = "Start the services too, not only the servers." };
        var words = new Argument<string[]>("command") { Description = "The command and its arguments, after --.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("exec", "Run a command with PostgreSQL, RabbitMQ and Redis up; their addresses are in its environment (SHOPSAGA_*).")
        {
            services,
            words,
        };
        var stackArguments = new StackArguments(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            // The output is the command's; we speak on the other channel.
            var withServices = arguments.GetValue(services);
            var options = stackArguments.Read(arguments, withServices, Console.Error.WriteLine);
            await using var stack = await Stack.StartAsync(options, cancellationToken);
            if (withServices)
            {
                Terminal.Error.Write(StackTable.Of(stack));
            }

            return await Run(arguments.GetValue(words)!, stack, cancellationToken);
        });
        return command;
    }

    private static async Task<int> Run(string[] words, Stack stack, CancellationToken cancellationToken)
    {
        Unix.AdoptOrphans();
        Child child;
        try
        {
            child = await Child.StartAttached(new Processes.Command(words[0], words[1..]) { Environment = stack.Environment() });
        }
        catch (Win32Exception e)
        {
            throw new CannotStartException($"{words[0]} cannot be run: {e.Message}.");
        }

        try
        {
            await child.Exited.WaitAsync(cancellationToken);
            return child.ExitCode;
        }
        finally
        {
            await child.Stop(Patience);
            await EndWhatItLeft(stack);
        }
    }

    /// <summary>What the command started and left behind has become our child.</summary>
    private static async Task EndWhatItLeft(Stack stack)
    {
        var ours = stack.Parts.Select(part => part.Pid).OfType<int>().ToList();
        while (Unix.DescendantsOf(Environment.ProcessId, without: ours) is { Count: > 0 } left)
        {
            left.ForEach(pid => Unix.Send(pid, Signal.Kill));
            await Task.Delay(20, CancellationToken.None);
        }
    }
}
