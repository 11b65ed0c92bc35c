using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Conformance;

/// <summary>
/// Writes down what one run of the scenario produced so that two runs can be compared as text. Formats stand for times and random ids; an
/// id that has a role in the run ("the id of PlaceOrder") is replaced by it, so that who refers to whom is compared too. Everything else
/// stays as it is.
/// </summary>
/// <param name="names">Names of this run that are called otherwise in the samples.</param>
internal sealed partial class Normal(IReadOnlyDictionary<string, string> names)
{
    /// <summary>Put on copies for the audit by an endpoint without a licence.</summary>
    private const string NotCompared = "$.diagnostics.license.expired";

    /// <summary>Members that describe the process, which is another one in each run.</summary>
    private static readonly string[] OfProcess = ["PathToExecutable", "ProcessID", "UserName"];

    private readonly Dictionary<string, string> _roles = [];

    /// <summary>Learns which roles ids have, from messages in the order in which they were sent.</summary>
    public Normal Learn(IEnumerable<WireMessage> messages)
    {
        foreach (var message in messages)
        {
            var headers = message.Headers;
            if (!headers.TryGetValue(Headers.MessageId, out var id))
            {
                continue;
            }

            Learn(id, message.Type.Length > 0 ? message.Type : "session");
            if (headers.TryGetValue(Headers.ConversationId, out var conversation) && !headers.ContainsKey(Headers.RelatedTo))
            {
                Learn(conversation, $"conversation of {message.Type}");
                Learn(JsonNode.Parse(message.Body)!["OrderId"]!.GetValue<string>(), $"order of {message.Type}");
            }

            if (headers.TryGetValue(Headers.OriginatingSagaId, out var saga))
            {
                Learn(saga, "saga");
            }
        }

        return this;
    }

    public void Learn(string id, string role) => _roles.TryAdd(id, $"<{role}>");

    public string Message(WireMessage message)
    {
        var lines = new List<string> { $"exchange {Text(message.Exchange)}", $"routing key {Text(message.RoutingKey)}" };
        lines.AddRange(message.Properties.OrderBy(entry => entry.Key).Select(entry => $"property {entry.Key} = {Text(entry.Value)}"));
        lines.AddRange(
            from header in message.Headers
            where !header.Key.StartsWith("x-", StringComparison.Ordinal) && header.Key != NotCompared
            orderby header.Key
            select $"header {header.Key} = "
                + $"{Text(header.Key.EndsWith(".StackTrace", StringComparison.Ordinal) ? header.Value.Split('\n')[0] : header.Value)}");
        lines.Add($"body {Body(message.Body)}");
        return string.Join('\n', lines);
    }

    /// <summary>JSON with its members in alphabetical order; a list of messages, in an order that does not depend on theirs.</summary>
    public string Json(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject value =>
            $"{{{string.Join(", ", value.OrderBy(member => member.Key).Where(member => member.Key != NotCompared).Select(Member))}}}",
        JsonArray list => $"[{string.Join(", ", list.Select(Json).Order())}]",
        JsonValue value when value.GetValueKind() == JsonValueKind.String => Text(value.GetValue<string>()),
        _ => node.ToJsonString(),
    };

    public string Text(string text)
    {
        if (text.StartsWith('{'))
        {
            return Json(JsonNode.Parse(text));
        }

        foreach (var (name, inSamples) in names)
        {
            text = text.Replace(name, inSamples, StringComparison.Ordinal);
        }

        text = Id().Replace(text, match => _roles.GetValueOrDefault(match.Value, "<some id>"));
        text = OfAssembly().Replace(text, ", <assembly>, Version=1.0.0.0");
        return text switch
        {
            "vm" or TestEndpoint.HostName => "<machine>",
            "ShopSaga.Tests.Bus" => "Smoke.Sales",
            _ when text == Environment.MachineName => "<machine>",
            _ when _roles.TryGetValue(text, out var role) => role,
            _ when WireTime().IsMatch(text) => "<wire time>",
            _ when IsoTime().IsMatch(text) => "<ISO time>",
            _ when HostId().IsMatch(text) => "<host id>",
            _ when TraceParent().IsMatch(text) => "<trace parent>",
            _ when FileVersion().IsMatch(text) => "<file version>",
            _ => text,
        };
    }

    private string Member(KeyValuePair<string, JsonNode?> member) => member.Key switch
    {
        "Body" => $"Body: {Body(Convert.FromBase64String(member.Value!.GetValue<string>()))}",
        _ when OfProcess.Contains(member.Key) => $"{member.Key}: <some text>",
        _ => $"{member.Key}: {Json(member.Value)}",
    };

    private string Body(byte[] body) => Text(Encoding.UTF8.GetString(body));

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")]
    private static partial Regex Id();

    [GeneratedRegex(", (Smoke.Contracts|Smoke.Sales|ShopSaga.Tests.Bus), Version=1.0.0.0")]
    private static partial Regex OfAssembly();

    [GeneratedRegex(Wire.Timestamp)]
    private static partial Regex WireTime();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+]00:00)?$")]
    private static partial Regex IsoTime();

    [GeneratedRegex("^[0-9a-f]{32}$")]
    private static partial Regex HostId();

    [GeneratedRegex("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$")]
    private static partial Regex TraceParent();

    [GeneratedRegex(@"^\d+(\.\d+){3}$")]
    private static partial Regex FileVersion();
}
