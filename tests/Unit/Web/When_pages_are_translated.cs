using System.Text.RegularExpressions;
using System.Xml.Linq;
using ShopSaga.Web.Laboratory;
using ShopSaga.Web.Live;

namespace ShopSaga.Tests.Unit.Web;

public partial class When_pages_are_translated
{
    private static readonly Dictionary<string, string> English = Read("gateway/web/Shared/Texts.resx");
    private static readonly Dictionary<string, string> Korean = Read("gateway/web/Shared/Texts.ko.resx");

    [Test]
    public void Should_have_every_text_in_Korean()
    {
        var used = Repository.FilesIn("gateway/web").Where(file => Path.GetExtension(file) is ".razor" or ".cs")
            .SelectMany(file => Text().Matches(Repository.Read(file)).Select(match => match.Groups["text"].Value));
        var titles = Choreography.Scenarios.Select(scenario => scenario.Title)
            .Concat(Course.All.SelectMany(course => new[] { course.Name, course.Explanation }));

        Assert.That(used.Concat(titles).Concat(English.Keys).Distinct().Except(Korean.Keys), Is.Empty);
    }

    [Test]
    public void Should_keep_the_placeholders()
    {
        var wrong = from text in Korean
                    let original = English.GetValueOrDefault(text.Key, text.Key)
                    where Placeholders(text.Value) != Placeholders(original)
                    select text.Key;

        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void Should_explain_every_event_and_problem_in_words()
    {
        var events = Choreography.Arrows.Select(arrow => $"event.{arrow.Event}");
        var problems = ShopSaga.Gateway.ProblemPages.Codes.Where(code => code is not ("method-not-allowed" or "request-timeout"
            or "unsupported-media-type" or "idempotency-key-reused" or "unavailable")).Select(code => $"problem.{code}");

        Assert.That(events.Concat(problems).Distinct().Except(English.Keys), Is.Empty);
    }

    private static string Placeholders(string text) =>
        string.Concat(Placeholder().Matches(text).Select(match => match.Value).Order(StringComparer.Ordinal));

    private static Dictionary<string, string> Read(string file) => XDocument.Parse(Repository.Read(file)).Descendants("data")
        .ToDictionary(data => data.Attribute("name")!.Value, data => data.Element("value")!.Value);

    // L["Some text"], but not L["event." + name].
    [GeneratedRegex("""L\["(?<text>[^"]+)"(?!\s*\+)""")]
    private static partial Regex Text();

    [GeneratedRegex(@"\{\d\}")]
    private static partial Regex Placeholder();
}
