using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ShopSaga.Fuzz;

/// <summary>Decides what is wrong with a response.</summary>
internal sealed class Oracle(World world)
{
    private static readonly string[] Traces =
    [
        "   at ", "Exception", "Npgsql", "StackExchange", "Microsoft.", "System.", ".cs:line", "password=", "SELECT ", "INSERT ",
    ];

    public IEnumerable<string> Violations(HostileRequest attempt, Answer answer)
    {
        if (answer.Status == 0)
        {
            return attempt.IsInvalidHttp || attempt.IsTruncated ? [] : ["the connection was closed without an answer"];
        }

        if (answer is { Status: (>= 400 and < 500) or 505, IsBare: true } && (attempt.IsInvalidHttp || attempt.IsTruncated))
        {
            return [];
        }

        return
        [
            .. OfAny(attempt, answer),
            .. attempt.Expected is { Length: > 0 } expected && !attempt.IsInvalidHttp && !expected.Contains(answer.Status)
                ? [$"{answer.Status} instead of {string.Join(" or ", expected)}"]
                : Array.Empty<string>(),
            .. answer.Status >= 400 && attempt.Method != "HEAD" ? OfProblem(answer) : [],
        ];
    }

    private IEnumerable<string> OfAny(HostileRequest attempt, Answer answer)
    {
        if (answer.Status >= 500)
        {
            yield return answer.Status == 503 ? "unavailable, while everything is up" : "a server error";
        }

        if (answer.Headers.Any(header => header.Name.Equals(HostileValues.InjectedHeader, StringComparison.OrdinalIgnoreCase)))
        {
            yield return "a header that was injected";
        }

        if (!attempt.MaySeeVictim
            && world.Confidential.FirstOrDefault(text => answer.Body.Contains(text, StringComparison.Ordinal)) is { } told)
        {
            yield return $"data of the victim: {told}";
        }

        if (answer["X-Content-Type-Options"] != "nosniff" || answer["X-Frame-Options"] != "DENY")
        {
            yield return "no security headers";
        }

        if (answer["Server"] is not null || answer["X-Powered-By"] is not null)
        {
            yield return "a header that reveals the server software";
        }

        if (answer.Status == 405 && answer["Allow"] is null)
        {
            yield return "405 without Allow";
        }

        if (answer.Status == 401 && answer["WWW-Authenticate"]?.StartsWith("Bearer", StringComparison.Ordinal) != true)
        {
            yield return "401 without WWW-Authenticate";
        }

        if (answer.Status is 429 or 503 && !int.TryParse(answer["Retry-After"], NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            yield return $"{answer.Status} without Retry-After in whole seconds";
        }
    }

    private static IEnumerable<string> OfProblem(Answer answer)
    {
        if (answer["Content-Type"]?.Split(';')[0] != "application/problem+json")
        {
            return [$"an error as {answer["Content-Type"] ?? "nothing"}, not application/problem+json"];
        }

        JsonObject? problem;
        try
        {
            problem = JsonNode.Parse(answer.Body) as JsonObject;
        }
        catch (JsonException)
        {
            problem = null;
        }

        if (problem is null)
        {
            return ["a problem that is no JSON object"];
        }

        return
        [
            .. new[] { "type", "title", "detail", "traceId" }.Where(name => !IsText(problem[name]))
                .Select(name => $"a problem without {name}"),
            .. problem["type"] is JsonValue type && !type.ToString().StartsWith("/problems/", StringComparison.Ordinal)
                ? [$"a problem of the type {type}"]
                : Array.Empty<string>(),
            .. IsNumber(problem["status"], answer.Status) ? Array.Empty<string>() : ["a problem of another status"],
            .. IsValidationWithoutErrors(problem, answer.Status) ? ["a 400 that names nothing"] : Array.Empty<string>(),
            .. Traces.Where(trace => answer.Body.Contains(trace, StringComparison.OrdinalIgnoreCase))
                .Select(trace => $"internals: {trace}"),
        ];
    }

    private static bool IsText(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.String && value.GetValue<string>().Length > 0;

    private static bool IsNumber(JsonNode? node, int number) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.GetValue<int>() == number;

    private static bool IsValidationWithoutErrors(JsonObject problem, int status) =>
        status == 400
        && problem["type"]?.ToString() == "/problems/validation"
        && problem["errors"] is not JsonObject { Count: > 0 }
        && problem["detail"]?.ToString() != "The server could not understand the request.";
}
