using System.Text.RegularExpressions;

namespace ShopSaga.Local.Processes;

/// <summary>Finds programs and runs short-lived ones.</summary>
internal static partial class Executables
{
    public static string? InPath(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    /// <summary>Runs a command to its end; returns its exit code and output.</summary>
    public static async Task<(int ExitCode, string Output)> Run(Command command, CancellationToken cancellationToken)
    {
        var log = Path.GetTempFileName();
        try
        {
            var child = await Child.Start(command, log);
            try
            {
                await child.Exited.WaitAsync(cancellationToken);
            }
            finally
            {
                await child.Kill();
            }
            return (child.ExitCode, await File.ReadAllTextAsync(log, CancellationToken.None));
        }
        finally
        {
            File.Delete(log);
        }
    }

    /// <summary>The first version number in the output of <c>program --version</c>.</summary>
    public static async Task<Version?> VersionOf(string program, CancellationToken cancellationToken)
    {
        var (_, output) = await Run(new Command(program, "--version"), cancellationToken);
        return ParseVersion(output);
    }

    public static Version? ParseVersion(string text) =>
        VersionNumber().Match(text) is { Success: true } match ? Version.Parse(match.Value) : null;

    [GeneratedRegex(@"\d+\.\d+(\.\d+)?")]
    private static partial Regex VersionNumber();
}
