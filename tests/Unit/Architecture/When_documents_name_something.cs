using System.Text.RegularExpressions;

namespace ShopSaga.Tests.Unit.Architecture;

/// <summary>What the documentation names is there.</summary>
public partial class When_documents_name_something
{
    private static IEnumerable<string> Documents => Repository.Files.Where(file => file.EndsWith(".md", StringComparison.Ordinal));

    [TestCaseSource(nameof(Documents))]
    public void Should_link_to_files_that_exist(string document)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, document))!;
        var broken = Link().Matches(Repository.Read(document))
            .Select(link => link.Groups["target"].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith('#'))
            .Where(target => !Path.Exists(Path.Combine(folder, target.Split('#')[0])));

        Assert.That(broken, Is.Empty);
    }

    [Test]
    public void Should_be_linked_from_another_document()
    {
        string[] known = ["README.md", "CODE_OF_CONDUCT.md"];
        var linked = from document in Documents
                     from Match link in Link().Matches(Repository.Read(document))
                     let folder = Path.GetDirectoryName(document)!
                     let target = link.Groups["target"].Value.Split('#')[0]
                     where target.Length > 0
                     let file = Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, folder, target)))
                     where file != document
                     select file;

        Assert.That(Documents.Where(file => !file.StartsWith('.')).Except(known).Except(linked), Is.Empty);
    }

    [TestCaseSource(nameof(Documents))]
    public void Should_link_to_sections_that_exist(string document)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, document))!;
        var broken = from Match link in Link().Matches(Repository.Read(document))
                     let parts = link.Groups["target"].Value.Split('#')
                     where parts.Length == 2 && !parts[0].Contains("://", StringComparison.Ordinal)
                     let page = parts[0].Length == 0 ? Path.Combine(Repository.Root, document) : Path.Combine(folder, parts[0])
                     where page.EndsWith(".md", StringComparison.Ordinal) && !Anchors(File.ReadAllText(page)).Contains(parts[1])
                     select link.Value;

        Assert.That(broken, Is.Empty);
    }

    [TestCaseSource(nameof(Documents))]
    public void Should_name_folders_that_exist(string document)
    {
        // A guide's changes name what they add.
        var missing = RepositoryPath().Matches(Diff().Replace(Repository.Read(document), ""))
            .Select(path => path.Groups["path"].Value)
            .Where(path => !Path.Exists(Path.Combine(Repository.Root, path)));

        Assert.That(missing, Is.Empty);
    }

    [Test]
    public void Should_name_messages_tables_and_sagas_that_exist()
    {
        var sources = string.Join(
            '\n',
            new[] { "contracts", "endpoints" }.SelectMany(folder => Repository.FilesIn(folder)).Select(Repository.Read));
        var journey = Repository.Read("docs/IMPLEMENTED-SUMMARY.md").Split("# An order's journey")[1];
        var unknown = Code().Matches(journey)
            .Select(code => code.Groups["code"].Value)
            .Where(code => code.All(character => char.IsLetter(character) || character == '_') && code != "error")
            .Select(code => code.Replace("ShopSaga_Orders_", "").Replace("ShopSaga_Payments_", ""))
            .Where(code => code != "ShopSaga_X_OutboxData" && !sources.Contains(code, StringComparison.Ordinal));

        Assert.That(unknown, Is.Empty);
    }

    [Test]
    public void Should_say_where_every_project_is_described()
    {
        var named = RepositoryPath().Matches(Repository.Read("docs/IMPLEMENTED-SUMMARY.md"))
            .Select(path => path.Groups["path"].Value.TrimEnd('/') + "/").ToList();
        var missing = Repository.Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal))
            .Select(file => Path.GetDirectoryName(file) + "/")
            .Where(project => !named.Any(path => path.StartsWith(project, StringComparison.Ordinal)));

        Assert.That(missing, Is.Empty);
    }

    /// <summary>Guides name fixtures that their reader adds.</summary>
    [TestCaseSource(nameof(Documents))]
    public void Should_name_fixtures_that_exist(string document)
    {
        if (document.StartsWith("docs/guides/", StringComparison.Ordinal))
        {
            return;
        }

        var fixtures = Repository.FilesIn("tests", ".cs").Select(file => Path.GetFileNameWithoutExtension(file)).ToHashSet();
        var missing = Fixture().Matches(Repository.Read(document)).Select(fixture => fixture.Value)
            .Where(name => !fixtures.Contains(name));

        Assert.That(missing, Is.Empty);
    }

    [Test]
    public void Should_name_tests_of_the_threat_model_that_exist()
    {
        var rows = Repository.Read("docs/security.md").Split('\n').Where(line => line.StartsWith('|')).Skip(2);

        Assert.That(MissingTests("docs/security.md"), Is.Empty);
        Assert.That(rows.Where(row => !TestName().IsMatch(row)), Is.Empty, "says what protects, but not where that is tested");
    }

    [Test]
    public void Should_name_tests_of_the_bus_that_exist()
    {
        var tables = Repository.Read("docs/bus.md").Split("\n\n").Where(block => block.StartsWith('|'))
            .Select(block => block.Trim().Split('\n'))
            .Where(table => table[0].EndsWith("| shown by |", StringComparison.Ordinal))
            .ToList();

        Assert.That(tables, Is.Not.Empty);
        Assert.That(MissingTests("docs/bus.md"), Is.Empty);
        Assert.That(
            tables.SelectMany(table => table.Skip(2)).Where(row => !TestName().IsMatch(row)),
            Is.Empty,
            "says what the bus does, but not where that is tested");
    }

    private static IEnumerable<string> MissingTests(string document)
    {
        var tests = Repository.FilesIn("tests", ".cs").ToList();
        return TestName().Matches(Repository.Read(document))
            .Where(name => !tests.Any(file => Path.GetFileNameWithoutExtension(file) == name.Groups["fixture"].Value
                && Repository.Read(file).Contains($" {name.Groups["test"].Value}(", StringComparison.Ordinal)))
            .Select(name => name.Value);
    }

    // As GitHub makes them from headings.
    private static IEnumerable<string> Anchors(string page) => Heading().Matches(page)
        .Select(heading => NotInAnchor().Replace(heading.Groups["text"].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    [GeneratedRegex("^#+ (?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex("`(?<fixture>[A-Za-z_]+)\\.(?<test>Should_[A-Za-z0-9_]+)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`(?<path>(contracts|endpoints|gateway|infra|tests|docs)/[A-Za-z0-9_./-]*)`")]
    private static partial Regex RepositoryPath();

    [GeneratedRegex("When_[A-Za-z_]+[A-Za-z]")]
    private static partial Regex Fixture();

    [GeneratedRegex("^```diff\n.*?^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Diff();

    [GeneratedRegex("`(?<code>[^`]+)`")]
    private static partial Regex Code();
}
