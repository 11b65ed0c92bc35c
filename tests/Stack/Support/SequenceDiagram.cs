using System.Text.RegularExpressions;
using ShopSaga.Local.Data;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>A message from one service to another in a diagram.</summary>
internal sealed record Arrow(string From, string To, string Message);

/// <summary>A sequence diagram of docs/choreography.md: its arrows from top to bottom, and which of them are optional.</summary>
internal sealed partial class SequenceDiagram(string title)
{
    /// <summary>The provider's webhooks accompany every response; the diagrams show them only where they decide something.</summary>
    private static readonly string[] Reports = ["ChargeReported", "RefundReported"];

    private readonly List<(Arrow Arrow, bool Optional)> _arrows = [];

    public string Title => title;

    public static IReadOnlyList<SequenceDiagram> All { get; } = Read(
        File.ReadAllLines(Path.Combine(DataFolder.Checkout, "docs", "choreography.md")));

    /// <summary>Differences between diagram and deliveries: missing, extra, or drawn above their cause.</summary>
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
            .. causes.Distinct().Where(pair => drawn.IndexOf(pair.Above) > drawn.LastIndexOf(pair.Below))
                .Select(pair => $"drawn above its cause: {pair.Below}"),
        ];
    }

    private static Arrow ArrowOf(Delivery delivery) => delivery.To == MessageTap.Error
        ? new Arrow(delivery.FailedIn!.Split('.')[^1], MessageTap.Error, delivery.Message)
        : new Arrow(delivery.From, delivery.To, delivery.Message);

    private static List<SequenceDiagram> Read(IEnumerable<string> lines)
    {
        var diagrams = new List<SequenceDiagram>();
        var blocks = new Stack<string>();
        foreach (var line in lines.Select(line => line.Trim()))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                diagrams.Add(new SequenceDiagram(line[3..]));
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
