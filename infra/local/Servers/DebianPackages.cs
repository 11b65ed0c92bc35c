using ShopSaga.Local.Processes;

namespace ShopSaga.Local.Servers;

/// <summary>Installs servers from the distribution without starting the distribution's own instances.</summary>
internal static class DebianPackages
{
    private const string PolicyFile = "/usr/sbin/policy-rc.d";
    private const string ClusterFile = "/etc/postgresql-common/createcluster.conf";

    // The original of a file that we replace, so that the next installation can undo one that was killed.
    private const string Saved = ".before-shopsaga";

    public static bool CanInstall =>
        OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && Executables.InPath("apt-get") is not null;

    public static async Task Install(IReadOnlyCollection<string> packages, Action<string> progress, CancellationToken cancellationToken)
    {
        await using var oneAtATime = await Lock(cancellationToken);
        Restore(PolicyFile);
        Restore(ClusterFile);

        progress($"Installing {string.Join(", ", packages)} with apt-get; this happens once.");
        await Apt(["update"], required: false, cancellationToken);
        try
        {
            Replace(PolicyFile, "#!/bin/sh\nexit 101\n", executable: true);
            if (packages.Contains("postgresql"))
            {
                await Apt(["install", "-y", "--no-install-recommends", "postgresql-common"], required: true, cancellationToken);
                Replace(ClusterFile, "create_main_cluster = false\n", executable: false);
            }
            await Apt(["install", "-y", "--no-install-recommends", .. packages], required: true, cancellationToken);
        }
        finally
        {
            Restore(PolicyFile);
            Restore(ClusterFile);
        }

        // Nor may they start at the next boot.
        if (Directory.Exists("/run/systemd/system"))
        {
            await Executables.Run(new Command("systemctl", ["disable", .. packages]), cancellationToken);
        }
    }

    private static async Task Apt(string[] arguments, bool required, CancellationToken cancellationToken)
    {
        var command = new Command("apt-get", ["-q", "-o", "DPkg::Lock::Timeout=600", .. arguments])
        {
            Environment = { ["DEBIAN_FRONTEND"] = "noninteractive" },
        };
        var (exitCode, output) = await Executables.Run(command, cancellationToken);
        if (required && exitCode != 0)
        {
            throw new CannotStartException(
                $"apt-get {string.Join(' ', arguments)} "
                    + $"failed:{Environment.NewLine}{string.Join(Environment.NewLine, output.Split('\n').TakeLast(25))}");
        }
    }

    private static void Replace(string file, string text, bool executable)
    {
        if (File.Exists(file))
        {
            File.Move(file, file + Saved);
        }
        else
        {
            File.WriteAllText(file + Saved, "");
        }

        File.WriteAllText(file, text);
        if (executable)
        {
            File.SetUnixFileMode(file, (UnixFileMode)0b111_101_101);
        }
    }

    private static void Restore(string file)
    {
        if (!File.Exists(file + Saved))
        {
            return;
        }

        if (new FileInfo(file + Saved).Length == 0)
        {
            // An empty copy means that the file did not exist.
            File.Delete(file);
            File.Delete(file + Saved);
        }
        else
        {
            File.Move(file + Saved, file, overwrite: true);
        }
    }

    private static async Task<FileStream> Lock(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream("/run/lock/shopsaga-packages", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(200, cancellationToken);
            }
        }
    }
}
