using System.Globalization;

namespace ShopSaga.Fuzz;

/// <summary>The processes of our services: whether they live, and how much memory they hold.</summary>
internal static class Services
{
    /// <summary>The resident memory of each, in MiB, by name.</summary>
    public static SortedDictionary<string, double> Memory(Target target)
    {
        var memory = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(Path.Combine(target.Folder, "processes")))
        {
            // Process id, identity, boot, name; one line for each start. Those of before are gone.
            if (line.Split(' ', 4) is [var pid, _, _, var name] && IsOurs(pid) && Resident(pid) is { } kibibytes)
            {
                memory[name] = kibibytes / 1024;
            }
        }

        return memory;
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
