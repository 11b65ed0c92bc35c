using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ShopSaga.Hosting.Http;

/// <summary>Errors as problem+json (RFC 9457). <c>type</c> is a path on the gateway that explains the error.</summary>
public static class Problems
{
    /// <summary>A 404: the resource does not exist, or belongs to another user.</summary>
    public static ProblemHttpResult NotFound(string detail = "The resource does not exist, or belongs to another user.") =>
        Problem(StatusCodes.Status404NotFound, "not-found", "Not found", detail);

    /// <summary>A 401.</summary>
    public static ProblemHttpResult Unauthenticated(string detail) =>
        Problem(StatusCodes.Status401Unauthorized, "unauthenticated", "Not authenticated", detail);

    /// <summary>A 409; <paramref name="code"/> is the last part of <c>type</c>, such as <c>not-cancellable</c>.</summary>
    public static ProblemHttpResult Conflict(string code, string title, string detail, IDictionary<string, object?>? more = null) =>
        Problem(StatusCodes.Status409Conflict, code, title, detail, more);

    /// <summary>A 400 that names the member or parameter.</summary>
    public static ProblemHttpResult Invalid(string member, string message) =>
        Invalid(new Dictionary<string, string[]> { [member] = [message] });

    /// <summary>A 400 that names the members or parameters.</summary>
    public static ProblemHttpResult Invalid(IDictionary<string, string[]> errors) =>
        Problem(
            StatusCodes.Status400BadRequest,
            "validation",
            "The request is not valid",
            string.Join(' ', errors.SelectMany(error => error.Value.Select(message => $"{error.Key}: {message}"))),
            new Dictionary<string, object?> { ["errors"] = errors });

    /// <summary>A 503 with Retry-After: a dependency is unavailable.</summary>
    public static ProblemHttpResult Unavailable(string detail, IDictionary<string, object?>? more = null) =>
        Problem(StatusCodes.Status503ServiceUnavailable, "unavailable", "Unavailable", detail, more);

    /// <summary>The problem for a status code without further detail.</summary>
    public static ProblemHttpResult OfStatus(int status)
    {
        var (code, title, detail) = ProblemCodes.Of(status);
        return Problem(status, code, title, detail);
    }

    /// <summary>Any other problem.</summary>
    public static ProblemHttpResult Problem(
        int status, string code, string title, string detail, IDictionary<string, object?>? more = null) =>
        TypedResults.Problem(detail, statusCode: status, title: title, type: $"/problems/{code}", extensions: more);
}
