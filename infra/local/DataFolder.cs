using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ShopSaga.Local.Processes;

namespace ShopSaga.Local;

/// <summary>
/// Everything one stack keeps: .shopsaga/&lt;base port&gt;/ in the checkout. One launcher at a time; the lock dies with its holder,
/// so whoever gets it may clean up after a predecessor that was killed.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    /// <summary>The variable by which a command's processes, to any depth, are known as part of a stack.</summary>
    public const string Mark = "SHOPSAGA_STACK";

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

    /// <summary>The root of the checkout that this program was built in.</summary>
    public static string Checkout { get; } = FindCheckout();

    private static string AllStacks => System.IO.Path.Combine(Checkout, ".shopsaga");

    public static string PathOf(int basePort) => System.IO.Path.Combine(AllStacks, $"{basePort}");

    /// <summary>Whether a launcher holds the folder of that stack.</summary>
    public static bool IsInUse(int basePort)
    {
        if (!Directory.Exists(PathOf(basePort)))
        {
            return false;
        }

        using var free = TryLock(PathOf(basePort));
        return free is null;
    }

    public static async Task<DataFolder> Open(int basePort, bool fresh, bool temporary)
    {
        await CleanUpAfterTheKilled();

        var path = PathOf(basePort);
        Directory.CreateDirectory(path);
        var folder = new DataFolder(path, await LockSoon(path) ?? throw new CannotStartException(
            $"Another launcher runs on {path}: stop it, or choose another base port (--base-port=N or SHOPSAGA_BASE_PORT=N)."));
        await folder.StopLeftovers();

        // Without the passwords the rest is of no use.
        if (fresh || !File.Exists(folder.Of("secrets.json")))
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
    /// The password of that name, made up at its first use and kept. No service takes one that begins like this in production.
    /// </summary>
    public string Secret(string name)
    {
        var file = Of("secrets.json");
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

    /// <summary>Writes a file that nobody else may read.</summary>
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

    /// <summary>Remembers a process, so that the next launcher can stop it should this one be killed.</summary>
    public void Record(string name, Child child)
    {
        lock (_writing)
        {
            File.AppendAllText(_processesFile, $"{child.Pid} {child.Identity} {BootId} {name}\n");
        }
    }

    /// <summary>
    /// PostgreSQL's folder. A system user has to reach it, and often must not enter the checkout (root's home, a private temporary
    /// folder); then it is kept under /var/lib instead.
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

    /// <summary>Nothing runs any more: there is nothing to remember.</summary>
    public void ForgetProcesses() => File.Delete(_processesFile);

    public void Remove()
    {
        Empty();
        Directory.Delete(Path, recursive: true);
    }

    public void Dispose() => _heldLock.Dispose();

    /// <summary>What stacks of this checkout left behind whose launcher was killed: their processes, and the folders of temporary ones.</summary>
    private static async Task CleanUpAfterTheKilled()
    {
        Directory.CreateDirectory(AllStacks);
        foreach (var path in Directory.GetDirectories(AllStacks))
        {
            if (TryLock(path) is not { } heldLock)
            {
                continue;
            }

            using var folder = new DataFolder(path, heldLock);
            await folder.StopLeftovers();
            if (File.Exists(folder.Of("temporary")))
            {
                folder.Remove();
            }
        }
    }

    private async Task StopLeftovers()
    {
        if (!File.Exists(_processesFile))
        {
            return;
        }

        foreach (var line in (await File.ReadAllLinesAsync(_processesFile)).Reverse())
        {
            if (line.Split(' ', 4) is [var id, var identity, var boot, _] && boot == BootId)
            {
                await Leftover.Stop(int.Parse(id, CultureInfo.InvariantCulture), identity);
            }
        }

        // Servers overwrite their environment, so the file above knows of them; whatever a command had started still bears this mark.
        foreach (var pid in Unix.WithVariable(Mark, Path))
        {
            if (Unix.IdentityOf(pid) is { } identity)
            {
                await Leftover.Stop(pid, identity);
            }
        }

        ForgetProcesses();
    }

    /// <summary>Others that only look whether somebody holds the lock hold it themselves for a moment.</summary>
    private static async Task<FileStream?> LockSoon(string path)
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

        throw new CannotStartException("This program has to be run from inside a checkout of ShopSaga: no folder above it holds ShopSaga.sln.");
    }
}
