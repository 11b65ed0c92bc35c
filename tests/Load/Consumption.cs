using System.Diagnostics;
using System.Globalization;

namespace ShopSaga.Load;

/// <summary>The cost of a run: time, processor time (our own and the servers'), memory, commits.</summary>
internal sealed record Consumption(double Seconds, double CpuSeconds, double ServerCpuSeconds, long AllocatedBytes, long Commits)
{
    /// <summary>Clock ticks per second, which Linux fixes for everything it shows to programs.</summary>
    private const double Ticks = 100;

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

    /// <summary>Processor time of broker and database, which the launcher started, ended processes included.</summary>
    private static double ServersCpu()
    {
        var processes = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(
                Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? Stat(pid) : null)
            .OfType<ProcessStat>()
            .ToDictionary(process => process.Pid);
        var launcher = processes[Environment.ProcessId].Parent;
        return processes.Values.Where(process => process.Pid != Environment.ProcessId && IsBelow(process, launcher, processes))
            .Sum(process => process.Seconds);
    }

    private static bool IsBelow(ProcessStat process, int ancestor, Dictionary<int, ProcessStat> processes) =>
        process.Parent == ancestor || (processes.TryGetValue(process.Parent, out var parent) && IsBelow(parent, ancestor, processes));

    /// <summary>
    /// See proc(5): the name stands in parentheses; then state, parent, and as fields 14 to 17 user, system, children's user and system.
    /// </summary>
    private static ProcessStat? Stat(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return new ProcessStat(
                pid,
                int.Parse(fields[1], CultureInfo.InvariantCulture),
                fields[11..15].Sum(field => long.Parse(field, CultureInfo.InvariantCulture)) / Ticks);
        }
        catch (IOException)
        {
            return null; // It has ended meanwhile.
        }
    }

    private sealed record ProcessStat(int Pid, int Parent, double Seconds);
}
