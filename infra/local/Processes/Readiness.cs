using System.Diagnostics;

namespace ShopSaga.Local.Processes;

/// <summary>
/// Waits for a process by probing it. A process that ends, or is not ready in time, is a failure that shows the end of its log.
/// </summary>
internal static class Readiness
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static async Task WaitFor(string name, Child? child, string log, Func<CancellationToken, Task> probe,
        CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            Exception failure;
            try
            {
                await probe(cancellationToken).WaitAsync(TimeLimit, cancellationToken);
                return;
            }
            catch (Exception e) when (e is not CannotStartException && !cancellationToken.IsCancellationRequested)
            {
                failure = e;
            }

            if (child is { HasExited: true })
            {
                throw Failed($"{name} ended with exit code {child.ExitCode} while starting.", log);
            }

            if (clock.Elapsed > TimeLimit)
            {
                throw Failed($"{name} was not ready after {TimeLimit.TotalSeconds} s: {failure.Message}", log);
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    private static CannotStartException Failed(string what, string log) => new(what + Environment.NewLine + LastLines(log));

    /// <summary>The last lines of a log, with its path, for an error message.</summary>
    public static string LastLines(string log)
    {
        if (!File.Exists(log))
        {
            return "";
        }

        var lines = File.ReadLines(log).TakeLast(25).ToList();
        return lines.Count == 0
            ? $"It wrote nothing to {log}."
            : $"The last lines of {log}:{Environment.NewLine}" + string.Join(Environment.NewLine, lines.Select(line => "  " + line));
    }
}
