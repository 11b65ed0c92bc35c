using System.Globalization;
using System.Net.Mime;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Settlement.Reporting;

/// <summary>
/// Reports as CSV (RFC 4180) for requests that prefer <c>text/csv</c>: the names of the JSON members as header, then one line for each
/// item. A page of a longer list links to the next page (<c>Link</c>, RFC 8288).
/// </summary>
internal static class Csv
{
    private const string MediaType = "text/csv";

    /// <summary>Answers with CSV instead of JSON where the request prefers it.</summary>
    /// <param name="route">A route that answers 200 with a report.</param>
    /// <param name="rows">The rows of the report.</param>
    /// <param name="nextCursor">The cursor of the next page, for a report that has pages.</param>
    public static RouteHandlerBuilder OffersCsv<TReport, TRow>(
        this RouteHandlerBuilder route, Func<TReport, IEnumerable<TRow>> rows, Func<TReport, string?>? nextCursor = null) =>
        route.ReturnsAlso(MediaType).AddEndpointFilter(async (context, next) =>
        {
            var http = context.HttpContext;
            http.Response.Headers.Append(HeaderNames.Vary, HeaderNames.Accept);
            var result = await next(context);
            if (!IsPreferred(http.Request)
                || result is not (IValueHttpResult { Value: TReport report } and IStatusCodeHttpResult { StatusCode: 200 }))
            {
                return result;
            }

            if (nextCursor?.Invoke(report) is { } cursor)
            {
                var query = http.Request.Query.Where(parameter => parameter.Key != "cursor").Append(new("cursor", cursor));
                http.Response.Headers.Link = $"<{http.Request.Path}{QueryString.Create(query)}>; rel=\"next\"";
            }

            var json = http.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value;
            var text = Write(rows(report), json.SerializerOptions);
            return TypedResults.Text(text, $"{MediaType}; charset=utf-8; header=present", Encoding.UTF8);
        });

    /// <summary>Whether CSV is the first of the most preferred media types (RFC 9110, section 12.5.1).</summary>
    internal static bool IsPreferred(HttpRequest request) =>
        request.GetTypedHeaders().Accept
            .Where(accepted => accepted.Quality is null or > 0)
            .OrderByDescending(accepted => accepted.Quality ?? 1)
            .FirstOrDefault(accepted => accepted.MatchesMediaType(MediaType) || accepted.MatchesMediaType(MediaTypeNames.Application.Json))
            is { } preferred && !preferred.MatchesMediaType(MediaTypeNames.Application.Json);

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
        string text => Quote(EscapeFormula(text)),
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(format: null, CultureInfo.InvariantCulture),
        _ => throw new ArgumentException($"{value.GetType().Name} cannot be written as CSV.", nameof(value)),
    };

    /// <summary>
    /// A spreadsheet runs text that begins with one of these as a formula (CWE-1236); an apostrophe before it makes it text.
    /// </summary>
    private static string EscapeFormula(string text) => text is ['=' or '+' or '-' or '@' or '\t' or '\r' or '\n', ..] ? $"'{text}" : text;

    private static string Quote(string text) =>
        text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
