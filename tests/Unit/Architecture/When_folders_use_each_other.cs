using System.Reflection;
using System.Text.RegularExpressions;
using ShopSaga.Tests.Unit.Support;

namespace ShopSaga.Tests.Unit.Architecture;

/// <summary>The table of docs/architecture.md lists the folders of each project; a folder uses only folders to the right of it.</summary>
public partial class When_folders_use_each_other
{
    private const string Document = "docs/architecture.md";

    private static IEnumerable<string> Projects => Layers.Keys;

    private static Dictionary<string, string[]> Layers { get; } = Row().Matches(Repository.Read(Document))
        .ToDictionary(
            row => row.Groups["project"].Value,
            row => Folder().Matches(row.Groups["folders"].Value).Select(folder => folder.Groups[1].Value).ToArray());

    [Test]
    public void Should_have_a_row_for_every_project_with_folders()
    {
        var projects = Repository.Files
            .Where(file => file.EndsWith(".csproj", StringComparison.Ordinal) && !file.StartsWith("tests/", StringComparison.Ordinal))
            .Select(file => Path.GetDirectoryName(file)!)
            .Where(project => FoldersOf(project, []).Count > 1);

        Assert.That(Layers.Keys, Is.EquivalentTo(projects), Document);
    }

    [TestCaseSource(nameof(Projects))]
    public void Should_list_every_folder(string project) =>
        Assert.That(Layers[project], Is.EquivalentTo(FoldersOf(project, Layers[project])), Document);

    [TestCaseSource(nameof(Projects))]
    public void Should_use_only_folders_to_the_right(string project)
    {
        var order = Layers[project].ToList();
        var assembly = Assembly.Load(Path.GetFileNameWithoutExtension(Repository.FilesIn(project, ".csproj").MinBy(file => file.Length)!));
        var wrong = FolderReferences.Between(project, assembly, order)
            .Where(reference => order.IndexOf(reference.Key.To) < order.IndexOf(reference.Key.From))
            .Select(reference => $"{reference.Key.From} → {reference.Key.To}: {reference.Value}");

        Assert.That(wrong, Is.Empty, $"Move the type, or the folder in {Document}; a cycle has no order.");
    }

    /// <summary>The folders with sources or pages, <c>.</c> for the files of the root besides Program.cs.</summary>
    private static HashSet<string> FoldersOf(string project, string[] apart) =>
    [
        .. FolderReferences.SourcesOf(project)
            .Concat(FolderReferences.SourcesOf(project, ".razor"))
            .Select(file => FolderReferences.FolderOf(project, file, apart)),
    ];

    // | `endpoints/Orders` | `Cart` → `Placing` → `.` |
    [GeneratedRegex(@"^\| `(?<project>[^`]+)` \| (?<folders>`[^|]+) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Folder();
}
