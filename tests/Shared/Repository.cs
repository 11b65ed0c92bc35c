using System.Runtime.CompilerServices;

namespace ShopSaga.Tests.Shared;

/// <summary>The files of this checkout.</summary>
public static class Repository
{
    private static readonly string[] NotOurs =
    [
        ".artifacts", ".git", ".shopsaga", ".vs", ".idea", "bin", "obj", "tools", "artifacts", "TestResults", "node_modules",
    ];

    public static string Root { get; } = FindRoot();

    /// <summary>Paths relative to the root, with slashes.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. FilesBelow(new DirectoryInfo(Root)).Order(StringComparer.Ordinal)];

    public static IEnumerable<string> FilesIn(string folder, string extension = "") =>
        Files.Where(file => file.StartsWith(folder + "/", StringComparison.Ordinal) && file.EndsWith(extension, StringComparison.Ordinal));

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    private static IEnumerable<string> FilesBelow(DirectoryInfo folder) =>
        folder.EnumerateFiles().Select(file => Path.GetRelativePath(Root, file.FullName).Replace('\\', '/'))
            .Concat(folder.EnumerateDirectories().Where(child => !NotOurs.Contains(child.Name)).SelectMany(FilesBelow));

    private static string FindRoot([CallerFilePath] string thisFile = "")
    {
        var folder = new DirectoryInfo(Path.GetDirectoryName(thisFile)!);
        if (!folder.Exists)
        {
            folder = new DirectoryInfo(AppContext.BaseDirectory);
        }

        while (!File.Exists(Path.Combine(folder.FullName, "ShopSaga.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException(
                "The tests do not run inside a checkout: no ShopSaga.sln above them.");
        }

        return folder.FullName;
    }
}
