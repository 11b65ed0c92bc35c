using System.CommandLine;
using System.CommandLine.Invocation;
using ShopSaga.Local.Processes;

namespace ShopSaga.Local.Commands;

internal static class CommandExecution
{
    /// <summary>Runs the command that the arguments name, until it ends or a signal asks it to stop, and returns the exit code.</summary>
    public static async Task<int> RunUntilStopped(this RootCommand root, string[] args)
    {
        using var stop = new StopSignals();
        try
        {
            var arguments = root.Parse(args);
            if (arguments.Action is ParseErrorAction wrong)
            {
                wrong.ShowHelp = false;
            }

            // Everything is stopped in order, however long that takes.
            var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await arguments.InvokeAsync(invocation, stop.Token);
        }
        catch (CannotStartException cannot)
        {
            await Console.Error.WriteLineAsync(cannot.Message);
            return 1;
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            return stop.ExitCode;
        }
    }
}
