using System.Globalization;
using System.Net.Mime;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using ShopSaga.Hosting.Http;
using ShopSaga.Settlement.Reconciling;

namespace ShopSaga.Settlement.Reporting;

/// <summary>
/// Reports as CSV (RFC 4180), for whoever prefers <c>text/csv</c>: the names of the JSON members as header, then a line for each item. A part of a
/// longer list names the next part in <c>Link</c>.
/// </summary>
internal static class Csv
{
    public const string MediaType = "text/csv";

    /// <summary>Turns the answer of a report into CSV where the request prefers that.</summary>
    public static async ValueTask<object?> IfAskedFor(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        http.Response.Headers.Append(HeaderNames.Vary, HeaderNames.Accept);
        var result = await next(context);
        if (!IsPreferred(http.Request) || result is not (IValueHttpResult { Value: { } report } and IStatusCodeHttpResult { StatusCode: 200 }))
        {
            return result;
        }

        if (NextCursor(report) is { } cursor)
        {
            var query = http.Request.Query.Where(parameter => parameter.Key != "cursor").Append(new("cursor", cursor));
            http.Response.Headers.Link = $"<{http.Request.Path}{QueryString.Create(query)}>; rel=\"next\"";
        }

        var json = http.RequestServices.GetRequiredService<IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions>>().Value.SerializerOptions;
        return TypedResults.Text(Write(report, json), $"{MediaType}; charset=utf-8; header=present", Encoding.UTF8);
    }

    /// <summary>Whether the first of what is accepted most is CSV.</summary>
    internal static bool IsPreferred(HttpRequest request) =>
        request.GetTypedHeaders().Accept
            .Where(accepted => accepted.Quality is null or > 0)
            .OrderByDescending(accepted => accepted.Quality ?? 1)
            .FirstOrDefault(accepted => accepted.MatchesMediaType(MediaType) || accepted.MatchesMediaType(MediaTypeNames.Application.Json))
            is { } preferred && !preferred.MatchesMediaType(MediaTypeNames.Application.Json);

    private static string? NextCursor(object report) => report switch
    {
        ItemsOf<DailySettlement> days => days.NextCursor,
        Reconciliation reconciliation => reconciliation.NextCursor,
        _ => null,
    };

    private static string Write(object report, JsonSerializerOptions json) => report switch
    {
        ItemsOf<DailySettlement> days => Write(days.Items, json),
        ItemsOf<MonthlySettlement> months => Write(months.Items, json),
        DailySettlement day => Write([day], json),
        MonthlySettlement month => Write([month], json),
        Reconciliation reconciliation => Write(reconciliation.Differences, json),
        _ => throw new ArgumentException($"{report.GetType().Name} is no report.", nameof(report)),
    };

    internal static string Write<T>(IEnumerable<T> items, JsonSerializerOptions json)
    {
        var columns = json.GetTypeInfo(typeof(T)).Properties;
        var text = new StringBuilder().AppendJoin(',', columns.Select(column => column.Name)).Append("\r\n");
        foreach (var item in items)
        {
            text.AppendJoin(',', columns.Select(column => Field(column.Get!(item!)))).Append("\r\n");
        }

        return text.ToString();
    }

    private static string Field(object? value) => value switch
    {
        null => "",
        string text => Quote(Harmless(text)),
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(format: null, CultureInfo.InvariantCulture),
        _ => throw new ArgumentException($"{value.GetType().Name} cannot be written as CSV.", nameof(value)),
    };

    /// <summary>A spreadsheet takes text that begins like this for a formula; an apostrophe before it makes it text.</summary>
    private static string Harmless(string text) => text is ['=' or '+' or '-' or '@' or '\t' or '\r' or '\n', ..] ? $"'{text}" : text;

    private static string Quote(string text) =>
        text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
