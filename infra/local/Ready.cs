using System.Diagnostics;
using ShopSaga.Local.Processes;

namespace ShopSaga.Local;

/// <summary>Waits by asking. A process that ends meanwhile, or stays silent for too long, is a failure that shows its log.</summary>
internal static class Ready
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static async Task When(string name, Child? child, string log, Func<CancellationToken, Task> ask, CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            Exception answer;
            try
            {
                await ask(cancellationToken).WaitAsync(Patience, cancellationToken);
                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                answer = e;
            }

            if (child is { HasExited: true })
            {
                throw Failure($"{name} ended with exit code {child.ExitCode} while starting.", log);
            }

            if (waited.Elapsed > Patience)
            {
                throw Failure($"{name} was not ready after {Patience.TotalSeconds} s: {answer.Message}", log);
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    private static CannotStartException Failure(string what, string log) => new(what + Environment.NewLine + LastLines(log));

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
