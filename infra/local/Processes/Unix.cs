using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace ShopSaga.Local.Processes;

/// <summary>POSIX signals by number; those of Linux where systems differ.</summary>
internal enum Signal
{
    Interrupt = 2,
    Quit = 3,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}

/// <summary>What .NET does not offer: signals, process identities and descendants.</summary>
internal static partial class Unix
{
    private const int SetChildSubreaper = 36;

    public static void Send(int pid, Signal signal) => _ = kill(pid, (int)signal);

    /// <summary>
    /// Distinguishes a process from a later one with the same id: its start time in ticks since boot. Null once the process has ended,
    /// zombies included.
    /// </summary>
    public static string? IdentityOf(int pid)
    {
        if (!OperatingSystem.IsLinux())
        {
            return PortableIdentityOf(pid);
        }

        return ReadStat(pid) is { State: not ('Z' or 'X') } stat ? stat.StartTick : null;
    }

    /// <summary>Makes orphaned descendants children of this process, so that they can still be found and ended.</summary>
    public static void AdoptOrphans()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = prctl(SetChildSubreaper, 1, 0, 0, 0);
        }
    }

    /// <summary>Live processes that have this variable in their environment.</summary>
    public static List<int> ProcessesWithVariable(string name, string value)
    {
        var variable = $"{name}={value}";
        return OperatingSystem.IsLinux()
            ? [.. AllPids().Where(pid => IdentityOf(pid) is not null && EnvironmentOf(pid).Contains(variable))]
            : [];
    }

    /// <summary>Live descendants of a process, parents first, except the named processes and their descendants.</summary>
    public static List<int> DescendantsOf(int ancestor, params IReadOnlyCollection<int> without)
    {
        if (!OperatingSystem.IsLinux())
        {
            return [];
        }

        var children = AllPids()
            .Select(pid => (Pid: pid, Stat: ReadStat(pid)))
            .Where(process => process.Stat is { State: not ('Z' or 'X') })
            .ToLookup(process => process.Stat!.Parent, process => process.Pid);

        var found = new List<int>(children[ancestor].Except(without));
        for (var i = 0; i < found.Count; i++)
        {
            found.AddRange(children[found[i]].Except(without));
        }

        return found;
    }

    private static IEnumerable<int> AllPids() =>
        Directory.EnumerateDirectories("/proc")
            .Select(
                folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0);

    private static string[] EnvironmentOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/environ").Split('\0');
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static Stat? ReadStat(int pid)
    {
        try
        {
            // "pid (name, which may hold anything) state ppid … starttime …"; starttime is the 22nd field.
            var text = File.ReadAllText($"/proc/{pid}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return new Stat(fields[0][0], int.Parse(fields[1], CultureInfo.InvariantCulture), fields[19]);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? PortableIdentityOf(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return process.StartTime.Ticks.ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    private sealed record Stat(char State, int Parent, string StartTick);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);
}
