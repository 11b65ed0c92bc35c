using System.Diagnostics;

namespace ShopSaga.Local.Processes;

/// <summary>A process that an earlier launcher started and could not stop.</summary>
internal static class Leftover
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Ends exactly the process that has this id and identity: SIGINT (PostgreSQL's quick way), in the end SIGKILL.</summary>
    public static async Task Stop(int pid, string identity)
    {
        if (Unix.IdentityOf(pid) != identity)
        {
            return;
        }

        var below = Unix.DescendantsOf(pid).Select(child => (Pid: child, Identity: Unix.IdentityOf(child))).ToList();
        Unix.Send(pid, Signal.Interrupt);
        Unix.Send(pid, Signal.Terminate);
        var waited = Stopwatch.StartNew();
        while (Unix.IdentityOf(pid) == identity)
        {
            if (waited.Elapsed > Patience)
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
