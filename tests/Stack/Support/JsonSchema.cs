using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>As much of JSON Schema as the documents use; what it does not know, it complains about.</summary>
internal static class JsonSchema
{
    private static readonly string[] Annotations = ["description", "format", "example", "examples", "default", "title", "deprecated"];

    public static IEnumerable<string> Complaints(JsonNode schema, JsonNode? value, JsonNode document, string at = "$")
    {
        foreach (var (keyword, rule) in schema.AsObject())
        {
            foreach (var complaint in Complaints(keyword, rule!, schema, value, document, at))
            {
                yield return complaint;
            }
        }
    }

    private static IEnumerable<string> Complaints(
        string keyword, JsonNode rule, JsonNode schema, JsonNode? value, JsonNode document, string at)
    {
        switch (keyword)
        {
            case "$ref":
                return Complaints(Resolve(rule, document), value, document, at);
            case "oneOf" or "anyOf":
                var fitting = rule.AsArray().Count(option => !Complaints(option!, value, document, at).Any());
                return When(keyword == "oneOf" ? fitting != 1 : fitting == 0, $"{at} fits {fitting} of {keyword}");
            case "type":
                var types = rule is JsonArray many ? many.Select(type => type!.GetValue<string>()) : [rule.GetValue<string>()];
                return When(!types.Any(type => Is(type, value)), $"{at} is {value?.ToJsonString() ?? "null"}, not {rule.ToJsonString()}");
            case "enum":
                return When(
                    !rule.AsArray().Any(word => JsonNode.DeepEquals(word, value)),
                    $"{at} is {value?.ToJsonString() ?? "null"}, not one of {rule.ToJsonString()}");
            case "required" when value is JsonObject given:
                return rule.AsArray().Select(name => name!.GetValue<string>()).Where(name => !given.ContainsKey(name))
                    .Select(name => $"{at}.{name} is missing");
            case "properties" when value is JsonObject given:
                return rule.AsObject().Where(property => given.ContainsKey(property.Key))
                    .SelectMany(property => Complaints(property.Value!, given[property.Key], document, $"{at}.{property.Key}"));
            case "additionalProperties" when value is JsonObject given && rule is JsonObject:
                return given.Where(member => schema["properties"]?[member.Key] is null)
                    .SelectMany(member => Complaints(rule, member.Value, document, $"{at}.{member.Key}"));
            case "items" when value is JsonArray items:
                return items.SelectMany((item, index) => Complaints(rule, item, document, $"{at}[{index}]"));
            case "minItems" when value is JsonArray items:
                return When(items.Count < rule.GetValue<int>(), $"{at} has too few items");
            case "maxItems" when value is JsonArray items:
                return When(items.Count > rule.GetValue<int>(), $"{at} has too many items");
            case "minLength" when Text(value) is { } text:
                return When(text.EnumerateRunes().Count() < rule.GetValue<int>(), $"{at} is too short");
            case "maxLength" when Text(value) is { } text:
                return When(text.EnumerateRunes().Count() > rule.GetValue<int>(), $"{at} is too long");
            case "pattern" when Text(value) is { } text:
                return When(!Regex.IsMatch(text, rule.GetValue<string>()), $"{at} has another form than {rule}");
            case "minimum" when Number(value) is { } number:
                return When(number < decimal.Parse(rule.ToJsonString(), CultureInfo.InvariantCulture), $"{at} is less than {rule}");
            case "maximum" when Number(value) is { } number:
                return When(number > decimal.Parse(rule.ToJsonString(), CultureInfo.InvariantCulture), $"{at} is more than {rule}");
            case "required" or "properties" or "additionalProperties" or "items" or "minItems" or "maxItems" or "minLength" or "maxLength"
                or "pattern" or "minimum" or "maximum":
                return [];
            default:
                return When(!Annotations.Contains(keyword), $"{at}: the keyword {keyword} is not known here");
        }
    }

    private static JsonNode Resolve(JsonNode reference, JsonNode document) =>
        reference.GetValue<string>().TrimStart('#', '/').Split('/').Aggregate(document, (node, name) => node[name]!);

    private static IEnumerable<string> When(bool isWrong, string complaint) => isWrong ? [complaint] : [];

    private static bool Is(string type, JsonNode? value) => (type, value?.GetValueKind() ?? JsonValueKind.Null) switch
    {
        ("null",
            JsonValueKind.Null) or ("string", JsonValueKind.String) or ("object", JsonValueKind.Object) or ("array", JsonValueKind.Array) =>
                true,
        ("boolean", JsonValueKind.True or JsonValueKind.False) or ("number", JsonValueKind.Number) => true,
        ("integer", JsonValueKind.Number) => Number(value) is { } number && number == decimal.Truncate(number),
        _ => false,
    };

    private static string? Text(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    private static decimal? Number(JsonNode? value) =>
        value?.GetValueKind() == JsonValueKind.Number ? decimal.Parse(value.ToJsonString(), CultureInfo.InvariantCulture) : null;
}
