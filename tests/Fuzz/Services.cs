using System.Globalization;

namespace ShopSaga.Fuzz;

/// <summary>The service processes: whether they are alive, and their memory.</summary>
internal static class Services
{
    /// <summary>The resident memory by service, in MiB.</summary>
    public static SortedDictionary<string, double> Memory(Target target)
    {
        var memory = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(Path.Combine(target.Folder, "processes")))
        {
            // Process id, identity, boot id, name; one line for each start, ended processes included.
            if (line.Split(' ', 4) is [var pid, _, _, var name] && IsOurs(pid) && Resident(pid) is { } kibibytes)
            {
                memory[name] = kibibytes / 1024;
            }
        }

        return memory;
    }

    /// <summary>The process id of each that is alive, by name.</summary>
    public static SortedDictionary<string, int> Processes(Target target)
    {
        var processes = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(Path.Combine(target.Folder, "processes")))
        {
            if (line.Split(' ', 4) is [var pid, _, _, var name] && IsOurs(pid))
            {
                processes[name] = int.Parse(pid, CultureInfo.InvariantCulture);
            }
        }

        return processes;
    }

    private static bool IsOurs(string pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Contains("ShopSaga.", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static double? Resident(string pid)
    {
        try
        {
            return double.Parse(
                File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
                CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException)
        {
            return null;
        }
    }
}
