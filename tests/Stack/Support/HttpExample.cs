using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>
/// A request of a collection: <c>### title</c>, <c># status answer</c>, <c># @name name</c>, request line, headers, an empty line, body.
/// </summary>
internal sealed partial record HttpExample(string Title, int Status, JsonNode? Answer, string? Name, string Text)
{
    public static IEnumerable<HttpExample> In(string collection) =>
        from block in collection.Split("\n### ").Skip(1)
        let lines = block.Split('\n')
        let expected = lines[1].Split(' ', 3)
        let comments = lines.TakeWhile((line, number) => number == 0 || line.StartsWith('#')).Count()
        select new HttpExample(
            lines[0],
            int.Parse(expected[1], null),
            expected.Length > 2 ? JsonNode.Parse(expected[2]) : null,
            lines.FirstOrDefault(line => line.StartsWith("# @name ", StringComparison.Ordinal))?["# @name ".Length..],
            string.Join('\n', lines.Skip(comments)));

    /// <summary>The request, with answers of earlier ones filled in.</summary>
    public HttpRequestMessage Request(string host, IReadOnlyDictionary<string, JsonNode> answers)
    {
        var text = Placeholder().Replace(Text, placeholder => placeholder.Groups["what"].Value switch
        {
            "host" => host,
            "$guid" => $"{Guid.NewGuid():N}",
            var what when Answered().Match(what) is { Success: true } answered =>
                answers[answered.Groups["name"].Value][answered.Groups["member"].Value]!.ToString(),
            var what => throw new InvalidOperationException($"{Title}: {{{{{what}}}}} is not known."),
        });
        var parts = text.Split("\n\n", 2);
        var head = parts[0].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var line = head[0].Split(' ', 2);
        var request = new HttpRequestMessage(new HttpMethod(line[0]), line[1]);
        if (parts.Length > 1 && parts[1].Trim() is { Length: > 0 } body)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        foreach (var header in head.Skip(1).Select(header => header.Split(": ", 2)).Where(header => header[0] != "Content-Type"))
        {
            request.Headers.Add(header[0], header[1]);
        }

        return request;
    }

    /// <summary>Members that only one of two answers has, or that are of another kind. An empty object or list stands for any.</summary>
    public static IEnumerable<string> Differences(string path, JsonNode? documented, JsonNode? actual) => (documented, actual) switch
    {
        (null, _) or (_, null) or (JsonObject { Count: 0 }, JsonObject) => [],
        (JsonObject expected, JsonObject found) =>
        [
            .. expected.Where(member => !found.ContainsKey(member.Key)).Select(member => $"{path}/{member.Key} is missing"),
            .. found.Where(member => !expected.ContainsKey(member.Key)).Select(member => $"{path}/{member.Key} is not documented"),
            .. expected.Where(member => found.ContainsKey(member.Key))
                .SelectMany(member => Differences($"{path}/{member.Key}", member.Value, found[member.Key])),
        ],
        (JsonArray expected, JsonArray found) =>
            expected.Count > 0 && found.Count > 0 ? Differences($"{path}/0", expected[0], found[0]) : [],
        _ => documented.GetValueKind() == actual.GetValueKind() ? [] : [$"{path} is {actual.ToJsonString()}"],
    };

    [GeneratedRegex(@"\{\{(?<what>[^}]+)\}\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"^(?<name>\w+)\.response\.body\.\$\.(?<member>\w+)$")]
    private static partial Regex Answered();
}
