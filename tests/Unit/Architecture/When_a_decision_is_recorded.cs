using System.Text.RegularExpressions;

namespace ShopSaga.Tests.Unit.Architecture;

public partial class When_a_decision_is_recorded
{
    private const string Folder = "docs/decisions";
    private const string Index = $"{Folder}/README.md";

    private static string[] Records => [.. Repository.FilesIn(Folder, ".md").Where(file => file != Index)];

    [Test]
    public void Should_have_the_next_number()
    {
        Assert.That(Records.Select(Path.GetFileName), Has.All.Match(@"^\d{3}-[a-z0-9-]+\.md$"));
        Assert.That(
            Records.Select(NumberOf),
            Is.EqualTo(Enumerable.Range(1, Records.Length).Select(number => $"{number:000}")),
            $"Numbers have no gaps: take the next one, and give the record a row in {Index}.");
    }

    [Test]
    public void Should_begin_with_its_number_and_title() => Assert.That(
        Records.Where(record => !Repository.Read(record).StartsWith($"# {NumberOf(record)} ", StringComparison.Ordinal)), Is.Empty);

    [Test]
    public void Should_stand_in_the_index_with_title_date_and_status()
    {
        var rows = Row().Matches(Repository.Read(Index))
            .Select(row => (File: row.Groups["file"].Value, Number: row.Groups["number"].Value, Title: row.Groups["title"].Value));
        var records = Records.Select(record => (
            File: Path.GetFileName(record), Number: NumberOf(record), Title: Repository.Read(record).Split('\n')[0][6..]));

        Assert.That(rows, Is.EqualTo(records), $"{Index} has one row for each record: | [NNN](file) | title | yyyy-MM-dd | accepted |");
    }

    [Test]
    public void Should_be_referred_to_by_a_number_that_exists()
    {
        var numbers = Records.Select(NumberOf).ToHashSet();
        var files = Records.Select(Path.GetFileName).ToHashSet();
        var dead = from file in Repository.Files
                   where Path.GetExtension(file) is
                       ".cs" or ".md" or ".csproj" or ".props" or ".targets" or ".sql" or ".cake" or ".sln" or ".yml"
                   from Match reference in Reference().Matches(Repository.Read(file))
                   where (reference.Groups["file"].Success && !files.Contains(reference.Groups["file"].Value))
                       || (reference.Groups["number"].Success && !numbers.Contains(reference.Groups["number"].Value))
                   select $"{file}: {reference.Value}";

        Assert.That(dead, Is.Empty);
    }

    private static string NumberOf(string record) => Path.GetFileName(record)[..3];

    [GeneratedRegex(
        @"^\| \[(?<number>\d{3})\]\((?<file>[^)]+)\) \| (?<title>[^|]+) \| \d{4}-\d{2}-\d{2} "
            + @"\| (?:accepted|superseded by \[\d{3}\]\([^)]+\)) \|$",
        RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"decisions[/\\](?<file>\d{3}-[\w-]+\.md)|\b[Dd]ecision (?<number>\d{3})\b|\]\((?<file>\d{3}-[\w-]+\.md)\)")]
    private static partial Regex Reference();
}
