using System.Text.RegularExpressions;
using ShopSaga.Local;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>A message from one service to another, as it is drawn.</summary>
internal sealed record Arrow(string From, string To, string Message);

/// <summary>A sequence diagram of docs/choreography.md: its arrows from top to bottom, and which of them need not be seen each time.</summary>
internal sealed partial class Diagram(string title)
{
    /// <summary>The provider's own reports come beside each answer, and are drawn only where they decide something.</summary>
    private static readonly string[] Reports = ["ChargeReported", "RefundReported"];

    private readonly List<(Arrow Arrow, bool Optional)> _arrows = [];

    public string Title => title;

    public static IReadOnlyList<Diagram> All { get; } = Read(File.ReadAllLines(Path.Combine(DataFolder.Checkout, "docs", "choreography.md")));

    /// <summary>What is drawn and was not seen, seen and not drawn, or drawn above what causes it.</summary>
    public IEnumerable<string> Differences(IReadOnlyList<Delivery> deliveries)
    {
        var seen = deliveries.Select(ArrowOf).ToHashSet();
        var drawn = _arrows.Select(entry => entry.Arrow).ToList();
        var causes =
            from delivery in deliveries
            from cause in deliveries
            where cause.Id == delivery.Cause && cause.To == delivery.From
            select (Above: ArrowOf(cause), Below: ArrowOf(delivery));
        return
        [
            .. _arrows.Where(entry => !entry.Optional && !seen.Contains(entry.Arrow)).Select(entry => $"not seen: {entry.Arrow}"),
            .. seen.Except(drawn).Where(arrow => !Reports.Contains(arrow.Message)).Select(arrow => $"not drawn: {arrow}"),
            .. causes.Distinct().Where(pair => drawn.IndexOf(pair.Above) > drawn.LastIndexOf(pair.Below)).Select(pair => $"drawn above its cause: {pair.Below}"),
        ];
    }

    private static Arrow ArrowOf(Delivery delivery) => delivery.To == Tap.Error
        ? new Arrow(delivery.FailedIn!.Split('.')[^1], Tap.Error, delivery.Message)
        : new Arrow(delivery.From, delivery.To, delivery.Message);

    private static List<Diagram> Read(IEnumerable<string> lines)
    {
        var diagrams = new List<Diagram>();
        var blocks = new Stack<string>();
        foreach (var line in lines.Select(line => line.Trim()))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                diagrams.Add(new Diagram(line[3..]));
            }
            else if (line.Split(' ')[0] is "opt" or "alt" or "loop" or "par")
            {
                blocks.Push(line.Split(' ')[0]);
            }
            else if (line == "end")
            {
                blocks.Pop();
            }
            else if (Message().Match(line) is { Success: true } message)
            {
                var arrow = new Arrow(message.Groups["from"].Value, message.Groups["to"].Value, message.Groups["message"].Value);
                diagrams[^1]._arrows.Add((arrow, blocks.Any(block => block is "opt" or "alt")));
            }
        }

        return diagrams;
    }

    [GeneratedRegex(@"^(?<from>\w+)-\)(?<to>\w+): (?<message>\w+)$")]
    private static partial Regex Message();
}
