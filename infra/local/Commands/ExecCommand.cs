using System.CommandLine;
using System.ComponentModel;
using ShopSaga.Local.Processes;
using ShopSaga.Local.Running;
using Command = System.CommandLine.Command;

namespace ShopSaga.Local.Commands;

/// <summary>Runs a command with the servers, or everything, up.</summary>
internal static class ExecCommand
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);

    public static Command Describe()
    {
        var services = new Option<bool>("--services") { Description = "Start the services as well as the servers." };
        var words = new Argument<string[]>("command")
        {
            Description = "The command and its arguments, after --.",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("exec",
            "Run a command with PostgreSQL, RabbitMQ and Redis up; their addresses are in its environment (SHOPSAGA_*).")
        {
            services,
            words,
        };
        var stackArguments = new StackArguments(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            // Standard output belongs to the command.
            var withServices = arguments.GetValue(services);
            var options = stackArguments.Read(arguments, withServices, Console.Error.WriteLine);
            await using var stack = await LocalStack.StartAsync(options, cancellationToken);
            if (withServices)
            {
                Terminal.Error.Write(StackTable.Of(stack));
            }

            return await Run(arguments.GetValue(words)!, stack, cancellationToken);
        });
        return command;
    }

    private static async Task<int> Run(string[] words, LocalStack stack, CancellationToken cancellationToken)
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
            await child.Stop(StopTimeout);
            await EndOrphans(stack);
        }
    }

    /// <summary>Ends processes that the command left running. They have become our children.</summary>
    private static async Task EndOrphans(LocalStack stack)
    {
        var ours = stack.Processes.Select(part => part.Pid).OfType<int>().ToList();
        while (Unix.DescendantsOf(Environment.ProcessId, without: ours) is { Count: > 0 } left)
        {
            left.ForEach(pid => Unix.Send(pid, Signal.Kill));
            await Task.Delay(20, CancellationToken.None);
        }
    }
}
