using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ShopSaga.Tests.Bus.Conformance;

/// <summary>What NServiceBus 10.2.8 sent, declared and stored when it ran the scenario of <see cref="SmokeSystem"/>.</summary>
internal static partial class Samples
{
    private const string NextMessage = "===== message ";

    /// <summary>The messages of a file, in order.</summary>
    public static IReadOnlyList<WireMessage> Messages(string file) =>
        [.. Read(file).Split(NextMessage, StringSplitOptions.RemoveEmptyEntries).Where(text => text.Trim().Length > 0).Select(Message)];

    /// <summary>The lines of a section of <c>broker-topology.txt</c>.</summary>
    public static IReadOnlyList<string> Topology(string section) =>
        [.. Read("broker-topology.txt").Split("== ").Single(text => text.StartsWith(section, StringComparison.Ordinal))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1)];

    /// <summary>The inserts and updates of the outbox table that one order made, in order.</summary>
    public static IReadOnlyList<(string Change, JsonObject Row)> OutboxChanges() =>
        [.. OutboxChange().Matches(Read("postgres-rows.txt")).Select(match => (
            match.Groups[1].Value, JsonNode.Parse(match.Groups[2].Value)!.AsObject()))];

    /// <summary>The rows of the saga table, column by column.</summary>
    public static IReadOnlyList<IReadOnlyDictionary<string, string>> SagaRows() =>
        [.. Read("postgres-rows.txt").Split("-[ RECORD ").Select(Record).Where(row => row.ContainsKey("Correlation_OrderId"))];

    private static string Read(string file) =>
        File.ReadAllText(Path.Combine(TestContext.CurrentContext.TestDirectory, "Conformance", "samples", file));

    private static WireMessage Message(string text)
    {
        var lines = text.Split('\n');
        var route = Route().Match(lines[0]);
        var properties = new Dictionary<string, string>();
        var headers = new Dictionary<string, string>();
        var body = Array.FindIndex(lines, line => line.StartsWith("-- body", StringComparison.Ordinal));
        var target = properties;
        foreach (var line in lines[1..body])
        {
            target = line.StartsWith("-- headers", StringComparison.Ordinal) ? headers : target;
            if (Assignment().Match(line) is { Success: true } assignment)
            {
                target.Add(assignment.Groups[1].Value, Unquoted(assignment.Groups[2].Value));
            }
        }

        var content = lines[body + 1];
        return new WireMessage(
            route.Groups[1].Value,
            route.Groups[2].Value,
            properties,
            headers,
            lines[body].Contains("base64", StringComparison.Ordinal) ? Convert.FromBase64String(content) : Encoding.UTF8.GetBytes(content));
    }

    private static string Unquoted(string value) =>
        value[0] is '\'' or '"' ? value[1..^1].Replace("\\n", "\n", StringComparison.Ordinal) : value;

    /// <summary>A record as psql prints it: values that span lines go on behind the bar, and a plus sign says so.</summary>
    private static Dictionary<string, string> Record(string text)
    {
        var columns = new Dictionary<string, string>();
        var last = "";
        foreach (var line in text.Split('\n').Skip(1).TakeWhile(line => line.Contains(" | ", StringComparison.Ordinal)))
        {
            var (name, value) = (line[..line.IndexOf('|')].Trim(), line[(line.IndexOf('|') + 2)..]);
            var continues = value.EndsWith('+');
            value = value.TrimEnd('+').TrimEnd();
            last = name.Length > 0 ? name : last;
            columns[last] = columns.GetValueOrDefault(last) + value + (continues ? "\n" : "");
        }

        return columns;
    }

    [GeneratedRegex(@"exchange='(.*?)' routing_key='(.*?)'")]
    private static partial Regex Route();

    [GeneratedRegex(@"^   (.+?) = (.+)$")]
    private static partial Regex Assignment();

    [GeneratedRegex(@"^\S+ \S+ (INSERT|UPDATE)\n(\{.*?^\})", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex OutboxChange();
}
