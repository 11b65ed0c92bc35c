using System.Text.RegularExpressions;

namespace ShopSaga.Web.Live;

/// <summary>An event on its way from the service that publishes it to one that reacts to it.</summary>
public sealed record Arrow(string From, string To, string Event);

/// <summary>One way an order can go: the title in the document, and the events in the order in which they happen.</summary>
public sealed record Scenario(string Title, IReadOnlyList<string> Events);

/// <summary>
/// The diagrams of docs/choreography.md, which tests compare with what the broker delivers: the pictures here show those arrows and no
/// others.
/// </summary>
public static partial class Choreography
{
    private static readonly string[] Failures = ["StockRejected", "PaymentFailed"];
    private static readonly string[] Compensations = ["OrderCancelled", "StockReleased", "PaymentRefunded"];

    /// <summary>The services of the picture, from left to right.</summary>
    public static IReadOnlyList<string> Services { get; } = ["Products", "Orders", "Payments", "Settlement"];

    /// <summary>Each diagram that ends by itself.</summary>
    public static IReadOnlyList<Scenario> Scenarios { get; } = [.. Read()];

    /// <summary>Every arrow of any diagram, once, in the order of the document.</summary>
    public static IReadOnlyList<Arrow> Arrows { get; } = [.. ArrowsIn(Document()).Distinct()];

    /// <summary>The services that react to an event.</summary>
    public static IEnumerable<string> Listeners(string name) => Arrows.Where(arrow => arrow.Event == name).Select(arrow => arrow.To);

    /// <summary><c>failure</c>, <c>compensation</c> or <c>forward</c>.</summary>
    public static string KindOf(string name) =>
        Failures.Contains(name) ? "failure" : Compensations.Contains(name) ? "compensation" : "forward";

    private static IEnumerable<Scenario> Read() =>
        from section in Document().Split("\n## ").Skip(1)
        let events = ArrowsIn(section).Select(arrow => arrow.Event).Distinct().ToList()
        where events.Count > 0
        select new Scenario(section.Split('\n')[0].Trim(), events);

    private static IEnumerable<Arrow> ArrowsIn(string text) =>
        from Match match in OpenArrow().Matches(text)
        let arrow = new Arrow(match.Groups["from"].Value, match.Groups["to"].Value, match.Groups["event"].Value)
        where arrow.From != arrow.To && Services.Contains(arrow.From) && Services.Contains(arrow.To)
        select arrow;

    private static string Document()
    {
        using var reader = new StreamReader(typeof(Choreography).Assembly.GetManifestResourceStream("choreography.md")!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    // Orders-)Products: OrderPlaced
    [GeneratedRegex(@"^\s*(?<from>\w+)-\)(?<to>\w+): (?<event>\w+)", RegexOptions.Multiline)]
    private static partial Regex OpenArrow();
}
