using System.Text.RegularExpressions;

namespace ShopSaga.Tests.Unit.Architecture;

/// <summary>README.md and README.ko.md say the same, and their figures are those of the pages that they link to.</summary>
public partial class When_the_front_page_is_translated
{
    private static readonly string English = Repository.Read("README.md");
    private static readonly string Korean = Repository.Read("README.ko.md");

    [Test]
    public void Should_have_the_same_sections() => Assert.That(
        Heading().Matches(Korean).Select(heading => heading.Groups[1].Value),
        Is.EqualTo(Heading().Matches(English).Select(heading => heading.Groups[1].Value)));

    [Test]
    public void Should_have_the_same_tables() => Assert.That(Rows(Korean), Is.EqualTo(Rows(English)));

    [Test]
    public void Should_name_the_same_commands_and_files() => Assert.That(
        All(Code(), Korean), Is.EqualTo(All(Code(), English)));

    [Test]
    public void Should_have_the_same_blocks_of_commands() =>
        Assert.That(All(Block(), Korean), Is.EqualTo(All(Block(), English)));

    [Test]
    public void Should_have_the_same_links() => Assert.That(
        All(Link(), Korean).Where(link => !IsTranslation(link)), Is.EqualTo(All(Link(), English).Where(link => !IsTranslation(link))));

    [Test]
    public void Should_have_the_same_figures() => Assert.That(All(Figure(), Korean), Is.EqualTo(All(Figure(), English)));

    [Test]
    public void Should_prove_with_figures_that_stand_on_the_linked_page()
    {
        var section = English.Split("## What it proves")[1].Split("\n## ")[0];
        var claims = section.Split('\n').Where(line => line.StartsWith('|')).Skip(2).ToList();
        var strange = from claim in claims
                      let cells = claim.Split('|')
                      let page = Repository.Read(Link().Match(cells[4]).Groups[1].Value)
                      from Match figure in Figure().Matches(cells[3])
                      where !Regex.IsMatch(page, $@"(?<![\d,]){figure.Value}(?![\d,]\d)")
                      select claim;

        Assert.That(claims, Is.Not.Empty);
        Assert.That(strange, Is.Empty);
    }

    [Test]
    public void Should_name_every_target_of_the_build()
    {
        var targets = Target().Matches(Repository.Read("build.cake"))
            .Select(target => target.Groups[1].Value);
        var named = All(Code(), English.Split("## All targets")[1]);

        Assert.That(targets.Except(named), Is.Empty);
    }

    private static bool IsTranslation(string link) => link.StartsWith("README", StringComparison.Ordinal);

    private static IEnumerable<string> All(Regex pattern, string page) => pattern.Matches(page)
        .Select(match => match.Groups.Count > 1 ? match.Groups[1].Value : match.Value).Order(StringComparer.Ordinal);

    private static IEnumerable<int> Rows(string page) =>
        page.Split('\n').Where(line => line.StartsWith('|')).Select(line => line.Count('|'));

    [GeneratedRegex(@"^(#+) ", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Code();

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\d[\d,]*\d|\d")]
    private static partial Regex Figure();

    [GeneratedRegex("^Task\\(\"(\\w+)\"\\)", RegexOptions.Multiline)]
    private static partial Regex Target();
}
