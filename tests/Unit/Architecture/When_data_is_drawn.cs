using System.Text.RegularExpressions;

namespace ShopSaga.Tests.Unit.Architecture;

/// <summary>The entity diagram of docs/architecture.md against the schema scripts.</summary>
public partial class When_data_is_drawn
{
    private static readonly string Section = Repository.Read("docs/architecture.md").Split("\n## Data\n")[1].Split("\n## ")[0];
    private static readonly string Scripts =
        string.Concat(Repository.FilesIn("endpoints", ".sql").Select(script => Comment().Replace(Repository.Read(script), "")));

    [Test]
    public void Should_draw_columns_that_exist_with_their_types()
    {
        var unknown = from Match table in Entity().Matches(Section)
                      let name = table.Groups["name"].Value
                      let definition = Definition(name)
                      from Match column in Column().Matches(table.Groups["columns"].Value)
                      let declared = $"{column.Groups["name"].Value} {column.Groups["type"].Value}"
                      where !definition.Contains($" {declared}", StringComparison.Ordinal)
                      select $"{name}: {declared}";

        Assert.That(Entity().Matches(Section), Is.Not.Empty);
        Assert.That(unknown, Is.Empty);
    }

    [Test]
    public void Should_list_every_table() => Assert.That(
        CreatedTable().Matches(Scripts).Select(table => table.Groups[1].Value),
        Is.EquivalentTo(Section.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .SelectMany(row => Listed().Matches(row).Select(table => table.Groups[1].Value))));

    private static string Definition(string table) => string.Concat(
        from Match statement in Statement().Matches(Scripts)
        where Regex.IsMatch(statement.Value, $@"^(CREATE|ALTER) TABLE {table}\b")
        select Regex.Replace(statement.Value, @"\s+", " "));

    [GeneratedRegex("--.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"^    (?<name>\w+) \{(?<columns>[^}]*)\}", RegexOptions.Multiline)]
    private static partial Regex Entity();

    [GeneratedRegex(@"^ +(?<type>\w+) (?<name>\w+)$", RegexOptions.Multiline)]
    private static partial Regex Column();

    [GeneratedRegex(@"^(CREATE|ALTER) TABLE [^;]*;", RegexOptions.Multiline)]
    private static partial Regex Statement();

    [GeneratedRegex(@"^CREATE TABLE (\w+)", RegexOptions.Multiline)]
    private static partial Regex CreatedTable();

    [GeneratedRegex("`([a-z_]+)`")]
    private static partial Regex Listed();
}
