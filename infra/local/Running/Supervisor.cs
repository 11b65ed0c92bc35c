using ShopSaga.Local.Data;
using ShopSaga.Local.Processes;

namespace ShopSaga.Local.Running;

/// <summary>
/// Restarts processes that end unexpectedly, and reports it. Supervision ends when a process ends too often, since the system is incomplete
/// without it.
/// </summary>
internal sealed class Supervisor(IEnumerable<StackProcess> processes, Action<string> report)
{
    public const int MaxRestarts = 3;
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(5);

    /// <summary>Returns the name of a process that ended too often, or null when cancelled.</summary>
    public async Task<string?> Run(CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watched = processes.Select(process => Watch(process, over.Token)).ToList();
        var first = await Task.WhenAny(watched);
        await over.CancelAsync();
        await Task.WhenAll(watched);
        return await first;
    }

    private async Task<string?> Watch(StackProcess process, CancellationToken cancellationToken)
    {
        var restarts = new Queue<long>();
        try
        {
            while (true)
            {
                await process.Exited.WaitAsync(cancellationToken);
                if (!process.Absence.IsCompleted)
                {
                    await Task.WhenAny(process.Absence).WaitAsync(cancellationToken);
                    continue;
                }

                report(
                    $"{process.Name} has ended with exit code {process.ExitCode}.{Environment.NewLine}{Readiness.LastLines(process.Log)}");
                while (restarts.TryPeek(out var oldest) && TimeProvider.System.GetElapsedTime(oldest) > Period)
                {
                    restarts.Dequeue();
                }

                if (restarts.Count == MaxRestarts)
                {
                    report($"{process.Name} has ended {MaxRestarts + 1} times within {Period.TotalMinutes:0} minutes and is not restarted "
                        + "any more.");
                    return process.Name;
                }

                restarts.Enqueue(TimeProvider.System.GetTimestamp());
                report($"{process.Name} is restarted ({restarts.Count} of at most {MaxRestarts} times within {Period.TotalMinutes:0} "
                    + "minutes).");
                await Restart(process, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task Restart(StackProcess process, CancellationToken cancellationToken)
    {
        try
        {
            await process.Start(cancellationToken);
            report($"{process.Name} is ready again.");
        }
        catch (CannotStartException failed) when (process.Pid is not null)
        {
            // It runs but does not answer: one more end, with the reason.
            report(failed.Message);
            await process.Kill();
        }
        catch (CannotStartException)
        {
            // It has ended during its start, which Watch reports.
        }
    }
}
