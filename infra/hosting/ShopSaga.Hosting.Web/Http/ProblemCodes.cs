using Microsoft.AspNetCore.WebUtilities;

namespace ShopSaga.Hosting.Http;

/// <summary>The problem for a status code without further detail.</summary>
internal static class ProblemCodes
{
    public static (string Code, string Title, string Detail) Of(int status) => status switch
    {
        400 => ("validation", "The request is not valid", "The server could not understand the request."),
        401 => ("unauthenticated", "Not authenticated", "A valid access token is needed."),
        403 => ("forbidden", "Forbidden", "The route is for administrators."),
        404 => ("not-found", "Not found", "There is no such route."),
        405 => ("method-not-allowed", "Method not allowed", "The route exists, but not for this method; see Allow."),
        408 => ("request-timeout", "Request timeout", "The request arrived too slowly."),
        412 => ("precondition-failed", "Precondition failed", "The resource has changed since you read it."),
        413 => ("too-large", "Too large", "A body has at most 64 KiB."),
        415 =>
            ("unsupported-media-type", "Unsupported media type",
                "The body must be declared as application/json, in UTF-8, without a content coding."),
        429 => ("too-many-requests", "Too many requests", "Retry later; see Retry-After."),
        503 => ("unavailable", "Unavailable", "A dependency is unavailable. Retry later; see Retry-After."),
        >= 500 => ("internal-error", "Internal error", "The server failed. Quote the traceId when you report it."),
        _ => (ReasonPhrases.GetReasonPhrase(status).ToLowerInvariant().Replace(' ', '-'), ReasonPhrases.GetReasonPhrase(status), ""),
    };
}
