using System.Diagnostics;

namespace ShopSaga.Local.Processes;

/// <summary>A process whose launcher was killed before it could stop it.</summary>
internal static class OrphanedProcess
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);

    /// <summary>Ends the process with this id, but only if its identity matches as well: the system reuses ids.</summary>
    public static async Task Stop(int pid, string identity)
    {
        if (Unix.IdentityOf(pid) != identity)
        {
            return;
        }

        var below = Unix.DescendantsOf(pid).Select(child => (Pid: child, Identity: Unix.IdentityOf(child))).ToList();
        // PostgreSQL takes SIGINT for a fast shutdown, and waits for its clients after SIGTERM; most other programs heed either.
        Unix.Send(pid, Signal.Interrupt);
        Unix.Send(pid, Signal.Terminate);
        var waited = Stopwatch.StartNew();
        while (Unix.IdentityOf(pid) == identity)
        {
            if (waited.Elapsed > TimeLimit)
            {
                Unix.Send(pid, Signal.Kill);
            }

            await Task.Delay(20);
        }
        foreach (var child in below.Where(child => child.Identity is not null && Unix.IdentityOf(child.Pid) == child.Identity))
        {
            Unix.Send(child.Pid, Signal.Kill);
        }
    }
}
