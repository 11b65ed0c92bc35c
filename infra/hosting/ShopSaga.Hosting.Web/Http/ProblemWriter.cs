using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace ShopSaga.Hosting.Http;

/// <summary>
/// Writes every problem as JSON, regardless of the request's Accept header, and adds what is missing: title and detail of a bare status,
/// the trace id, and the headers that the status requires (RFC 9110 sections 10.2.3 and 11.6.1).
/// </summary>
internal sealed class ProblemWriter : IProblemDetailsWriter
{
    private const string RetryAfterSeconds = "2";

    public bool CanWrite(ProblemDetailsContext context) => true;

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var (http, problem) = (context.HttpContext, context.ProblemDetails);
        var status = http.Response.StatusCode = problem.Status ??= http.Response.StatusCode;
        if (problem.Type?.StartsWith("/problems/", StringComparison.Ordinal) != true)
        {
            var (code, title, detail) = ProblemCodes.Of(status);
            (problem.Type, problem.Title, problem.Detail) = ($"/problems/{code}", title, detail);
        }

        problem.Extensions["traceId"] = Activity.Current?.TraceId.ToHexString() ?? http.TraceIdentifier;
        if (status == StatusCodes.Status503ServiceUnavailable && http.Response.Headers.RetryAfter.Count == 0)
        {
            http.Response.Headers.RetryAfter = RetryAfterSeconds;
        }

        if (status == StatusCodes.Status415UnsupportedMediaType && http.Request.Headers.ContentEncoding.Count > 0)
        {
            // RFC 9110 section 15.5.16: tells the client that the coding is the problem.
            http.Response.Headers.AcceptEncoding = "identity";
        }

        if (status == StatusCodes.Status401Unauthorized && http.Response.Headers.WWWAuthenticate.Count == 0)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
        }

        await http.Response.WriteAsJsonAsync(problem, JsonBody.Options, "application/problem+json", http.RequestAborted);
    }
}
