using System.Globalization;

namespace ShopSaga.Load;

/// <summary>A process as /proc shows it.</summary>
/// <param name="Pid">Its id.</param>
/// <param name="Parent">The process that started it.</param>
/// <param name="Seconds">Processor time, that of its ended children included.</param>
internal sealed record ProcessStat(int Pid, int Parent, double Seconds)
{
    private const double KilobytesPerMegabyte = 1024;

    /// <summary>The program's command line, its words separated by blanks.</summary>
    public string CommandLine => Read("cmdline")?.Replace('\0', ' ') ?? string.Empty;

    /// <summary>Megabytes of memory; what several processes share is divided among them.</summary>
    public double Megabytes => Read("smaps_rollup")?.Split('\n').FirstOrDefault(line => line.StartsWith("Pss:", StringComparison.Ordinal))
        is { } line
        ? double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / KilobytesPerMegabyte
        : 0;

    private string? Read(string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{Pid}/{file}");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <summary>The processes that the launcher started: servers, and services where it runs them.</summary>
internal static class ProcessTree
{
    /// <summary>Clock ticks per second, which Linux fixes for everything it shows to programs.</summary>
    private const double Ticks = 100;

    /// <summary>All processes below the launcher, which is the parent of this one, except this one.</summary>
    public static List<ProcessStat> BelowLauncher()
    {
        var processes = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(
                Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? Stat(pid) : null)
            .OfType<ProcessStat>()
            .ToDictionary(process => process.Pid);
        var launcher = processes[Environment.ProcessId].Parent;
        return [.. processes.Values.Where(process => process.Pid != Environment.ProcessId && IsBelow(process, launcher, processes))];
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
}
