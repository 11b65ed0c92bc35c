using System.Diagnostics;
using ShopSaga.Local.Data;
using ShopSaga.Local.Layout;

namespace ShopSaga.Chaos;

/// <summary>A file system in memory, of limited size, for the data of PostgreSQL alone.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly string _data;

    private SmallDisk(int basePort)
    {
        BasePort = basePort;
        _data = Path.Combine(DataFolder.PathFor(basePort), "postgresql");
    }

    /// <summary>Of the stack that uses it.</summary>
    public int BasePort { get; }

    private string Ballast => Path.Combine(_data, "ballast");

    /// <summary>Null where file systems cannot be mounted.</summary>
    public static async Task<SmallDisk?> TryMount()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            Console.WriteLine("Only root can mount a disk: the fault \"full disk\" is left out.");
            return null;
        }

        var (ports, claim) = Ports.FindFree();
        claim.Dispose();
        var disk = new SmallDisk(ports.Base);
        Directory.CreateDirectory(disk._data);

        // The launcher takes the folder for an earlier run's, and keeps it.
        await File.WriteAllTextAsync(Path.Combine(DataFolder.PathFor(ports.Base), "secrets.json"), "{}");
        if (await Run("mount", "-t", "tmpfs", "-o", "size=1500m,mode=0700,uid=postgres,gid=postgres", "tmpfs", disk._data) != 0
            || await Run("setpriv", "--reuid=postgres", "--clear-groups", "test", "-x", disk._data) != 0)
        {
            Console.WriteLine("No disk can be mounted here: the fault \"full disk\" is left out.");
            await disk.DisposeAsync();
            return null;
        }

        return disk;
    }

    /// <summary>Leaves no byte free.</summary>
    public async Task Fill()
    {
        var free = new DriveInfo(_data).AvailableFreeSpace;
        if (await Run("fallocate", "--length", $"{free}", Ballast) != 0)
        {
            await Run("dd", "if=/dev/zero", $"of={Ballast}", "bs=1M");
        }
    }

    public void Free() => File.Delete(Ballast);

    public async ValueTask DisposeAsync()
    {
        await Run("umount", "--lazy", _data);
        Directory.Delete(DataFolder.PathFor(BasePort), recursive: true);
    }

    private static async Task<int> Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
