using System.Text.RegularExpressions;

namespace ShopSaga.Tests.Unit.Architecture;

/// <summary>docs/api.md, the gateway's pages and the code know the same problems and documents.</summary>
public partial class When_problems_are_explained
{
    private static readonly string[] Programs = ["endpoints", "gateway", "infra/hosting", "infra/operations"];

    [Test]
    public void Should_explain_every_problem_with_its_status_and_no_other()
    {
        var explained = Pairs(Row(), "docs/api.md").ToList();
        var ofStatus = Pairs(OfStatus(), "infra/hosting/ShopSaga.Hosting.Web/Http/ProblemCodes.cs").ToList();

        Assert.That(explained, Is.EquivalentTo(Pairs(Page(), "gateway/ProblemPages.cs")));
        Assert.That(ofStatus, Is.Not.Empty);
        Assert.That(ofStatus, Is.SubsetOf(explained));
    }

    [Test]
    public void Should_explain_every_problem_that_code_answers_with()
    {
        var answered = Programs.SelectMany(folder => Repository.FilesIn(folder, ".cs"))
            .SelectMany(file => Answered().Matches(Repository.Read(file)))
            .Select(problem => problem.Groups["code"].Value)
            .ToHashSet();

        Assert.That(answered, Is.Not.Empty);
        Assert.That(answered, Is.SubsetOf(Pairs(Row(), "docs/api.md").Select(problem => problem.Code)));
    }

    [Test]
    public void Should_link_to_the_document_of_every_service() => Assert.That(
        Document().Matches(Repository.Read("docs/api.md")).Select(document => document.Value),
        Is.EquivalentTo(Document().Matches(Repository.Read("gateway/Routes.cs")).Select(document => document.Value)));

    private static IEnumerable<(string Code, string Status)> Pairs(Regex pattern, string file) =>
        pattern.Matches(Repository.Read(file)).Select(match => (match.Groups["code"].Value, match.Groups["status"].Value));

    [GeneratedRegex(@"^\| `(?<code>[a-z-]+)` \| (?<status>\d{3}) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\[""(?<code>[a-z-]+)""\] = \(""[^""]+"",\s*""(?<status>\d{3})\.")]
    private static partial Regex Page();

    [GeneratedRegex(@"(?<status>\d{3}) =>\s*\(""(?<code>[a-z-]+)""")]
    private static partial Regex OfStatus();

    [GeneratedRegex(@"\b(?:Conflict|Problem)\(\s*(?:StatusCodes\.\w+,\s*)?""(?<code>[a-z-]+)""")]
    private static partial Regex Answered();

    [GeneratedRegex(@"/openapi/[a-z]+\.json")]
    private static partial Regex Document();
}
