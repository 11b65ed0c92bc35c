using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ShopSaga.Local.Processes;

namespace ShopSaga.Local.Data;

/// <summary>
/// The data of one stack: .shopsaga/&lt;base port&gt;/ in the checkout. One launcher at a time holds its lock. The lock dies with its
/// holder, so a launcher that gets it may clean up after one that was killed.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    /// <summary>The environment variable that marks a command and all its descendants as belonging to a stack.</summary>
    public const string StackVariable = "SHOPSAGA_STACK";

    private const string SecretsFile = "secrets.json";

    private readonly FileStream _heldLock;
    private readonly string _processesFile;
    private readonly Lock _writing = new();

    private DataFolder(string path, FileStream heldLock)
    {
        Path = path;
        _heldLock = heldLock;
        _processesFile = Of("processes");
    }

    public string Path { get; }

    public string Of(string name) => System.IO.Path.Combine(Path, name);

    public string LogOf(string name) => System.IO.Path.Combine(Path, "logs", name + ".log");

    /// <summary>The root of the checkout that contains this program.</summary>
    public static string Checkout { get; } = FindCheckout();

    private static string AllStacks => System.IO.Path.Combine(Checkout, ".shopsaga");

    public static string PathFor(int basePort) => System.IO.Path.Combine(AllStacks, $"{basePort}");

    /// <summary>Whether a launcher is running on this folder.</summary>
    public static bool IsInUse(int basePort)
    {
        if (!Directory.Exists(PathFor(basePort)))
        {
            return false;
        }

        using var free = TryLock(PathFor(basePort));
        return free is null;
    }

    /// <summary>Whether a stack has run at this base port and its data are left: without its passwords they cannot be opened.</summary>
    public static bool HasData(int basePort) => File.Exists(System.IO.Path.Combine(PathFor(basePort), SecretsFile));

    /// <summary>The base ports of this checkout with data, in ascending order.</summary>
    public static IReadOnlyList<int> BasePortsWithData() => !Directory.Exists(AllStacks) ? [] :
    [
        .. Directory.GetDirectories(AllStacks)
            .Select(path => int.TryParse(System.IO.Path.GetFileName(path), CultureInfo.InvariantCulture, out var port) ? port : 0)
            .Where(port => port > 0 && HasData(port)).Order(),
    ];

    public static async Task<DataFolder> Open(int basePort, bool fresh, bool temporary)
    {
        await CleanUpAfterKilledLaunchers();

        var path = PathFor(basePort);
        Directory.CreateDirectory(path);
        var folder = new DataFolder(path, await LockWithRetries(path) ?? throw new CannotStartException(
            $"Another launcher runs on {path}: stop it, or choose another base port (--base-port=N or SHOPSAGA_BASE_PORT=N)."));
        await folder.StopOrphanedProcesses();

        if (fresh || !HasData(basePort))
        {
            folder.Empty();
        }

        if (temporary)
        {
            await File.WriteAllTextAsync(folder.Of("temporary"), "Removed when the stack that made it is gone.\n");
        }

        Directory.CreateDirectory(folder.Of("logs"));
        foreach (var log in Directory.GetFiles(folder.Of("logs")))
        {
            File.Delete(log);
        }

        return folder;
    }

    /// <summary>
    /// The password of this name, generated at first use. In production, services refuse passwords that start with "local-".
    /// </summary>
    public string Secret(string name)
    {
        var file = Of(SecretsFile);
        lock (_writing)
        {
            var secrets = File.Exists(file) ? JsonSerializer.Deserialize<SortedDictionary<string, string>>(File.ReadAllText(file))! : [];
            if (!secrets.TryGetValue(name, out var secret))
            {
                secrets[name] = secret = "local-" + RandomNumberGenerator.GetHexString(32, lowercase: true);
                WritePrivately(file, JsonSerializer.Serialize(secrets));
            }
            return secret;
        }
    }

    /// <summary>Writes a file that only the current user can read.</summary>
    public static void WritePrivately(string file, string text)
    {
        File.Delete(file);
        using var stream = new FileStream(file, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        stream.Write(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Records a process, so that the next launcher can stop it if this one is killed.</summary>
    public void Record(string name, Child child)
    {
        lock (_writing)
        {
            File.AppendAllText(_processesFile, $"{child.Pid} {child.Identity} {BootId} {name}\n");
        }
    }

    /// <summary>
    /// A folder for PostgreSQL under /var/lib, for checkouts that its system user cannot enter (root's home, a private temporary folder).
    /// </summary>
    public string OutsideTheCheckout
    {
        get
        {
            var checkout = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Checkout)))[..12];
            return System.IO.Path.Combine("/var/lib/shopsaga", checkout, System.IO.Path.GetFileName(Path));
        }
    }

    public void Empty()
    {
        foreach (var folder in Directory.GetDirectories(Path))
        {
            Directory.Delete(folder, recursive: true);
        }

        foreach (var file in Directory.GetFiles(Path).Where(file => file != _heldLock.Name))
        {
            File.Delete(file);
        }

        if (Directory.Exists(OutsideTheCheckout))
        {
            Directory.Delete(OutsideTheCheckout, recursive: true);
        }
    }

    /// <summary>Forgets the recorded processes: all have ended.</summary>
    public void ForgetProcesses() => File.Delete(_processesFile);

    public void Remove()
    {
        Empty();
        Directory.Delete(Path, recursive: true);
    }

    public void Dispose() => _heldLock.Dispose();

    /// <summary>
    /// Cleans up after killed launchers of this checkout: stops their processes and removes the folders of temporary stacks.
    /// </summary>
    private static async Task CleanUpAfterKilledLaunchers()
    {
        Directory.CreateDirectory(AllStacks);
        foreach (var path in Directory.GetDirectories(AllStacks))
        {
            if (TryLock(path) is not { } heldLock)
            {
                continue;
            }

            using var folder = new DataFolder(path, heldLock);
            await folder.StopOrphanedProcesses();
            if (File.Exists(folder.Of("temporary")))
            {
                folder.Remove();
            }
        }
    }

    private async Task StopOrphanedProcesses()
    {
        if (!File.Exists(_processesFile))
        {
            return;
        }

        foreach (var line in (await File.ReadAllLinesAsync(_processesFile)).Reverse())
        {
            if (line.Split(' ', 4) is [var id, var identity, var boot, _] && boot == BootId)
            {
                await OrphanedProcess.Stop(int.Parse(id, CultureInfo.InvariantCulture), identity);
            }
        }

        // Servers overwrite their environment, so the file above lists them. Processes that a command started still carry the variable.
        foreach (var pid in Unix.ProcessesWithVariable(StackVariable, Path))
        {
            if (Unix.IdentityOf(pid) is { } identity)
            {
                await OrphanedProcess.Stop(pid, identity);
            }
        }

        ForgetProcesses();
    }

    /// <summary>Retries for a moment: a launcher that only checks whether the lock is held takes it briefly itself.</summary>
    private static async Task<FileStream?> LockWithRetries(string path)
    {
        for (var attempt = 1; attempt < 20; attempt++)
        {
            if (TryLock(path) is { } heldLock)
            {
                return heldLock;
            }

            await Task.Delay(50);
        }
        return TryLock(path);
    }

    private static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string BootId { get; } =
        File.Exists("/proc/sys/kernel/random/boot_id") ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : "-";

    private static string FindCheckout()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "ShopSaga.sln")))
            {
                return folder.FullName;
            }
        }

        throw new CannotStartException(
            "This program has to be run from inside a checkout of ShopSaga: no folder above it holds ShopSaga.sln.");
    }
}
