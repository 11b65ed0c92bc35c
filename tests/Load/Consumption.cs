using System.Diagnostics;

namespace ShopSaga.Load;

/// <summary>The cost of a run: time, processor time (our own and the servers'), memory, commits.</summary>
internal sealed record Consumption(double Seconds, double CpuSeconds, double ServerCpuSeconds, long AllocatedBytes, long Commits)
{
    /// <summary>Measures the cost of a run.</summary>
    public static async Task<Consumption> Of(IReadOnlyList<string> databases, Func<Task> run)
    {
        GC.Collect();
        var commits = await CountCommits(databases);
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var (own, servers) = (OwnCpu(), ServersCpu());
        var started = Stopwatch.GetTimestamp();
        await run();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var (ownAfter, serversAfter) = (OwnCpu(), ServersCpu());
        return new Consumption(
            seconds, ownAfter - own, serversAfter - servers, GC.GetTotalAllocatedBytes(precise: true) - allocated,
            await CountCommits(databases) - commits);
    }

    private static async Task<long> CountCommits(IReadOnlyList<string> databases)
    {
        // Backends report their counts within a second of being idle.
        await Task.Delay(1100);
        return await Servers.Count("postgres", $"""
            SELECT sum(xact_commit)::bigint FROM pg_stat_database
            WHERE datname IN ({string.Join(',', databases.Select(name => $"'{name}'"))})
            """);
    }

    private static double OwnCpu()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime.TotalSeconds;
    }

    /// <summary>Processor time of broker and database, ended processes included.</summary>
    private static double ServersCpu() => ProcessTree.BelowLauncher().Sum(process => process.Seconds);
}
