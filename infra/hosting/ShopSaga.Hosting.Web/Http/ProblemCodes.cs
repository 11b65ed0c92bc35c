using Microsoft.AspNetCore.WebUtilities;

namespace ShopSaga.Hosting.Http;

/// <summary>What a bare status stands for when nothing more is known.</summary>
internal static class ProblemCodes
{
    public static (string Code, string Title, string Detail) Of(int status) => status switch
    {
        400 => ("validation", "The request is not valid", "The server could not understand the request."),
        401 => ("unauthenticated", "Not authenticated", "A valid access token is needed."),
        403 => ("forbidden", "Forbidden", "This is for administrators."),
        404 => ("not-found", "Not found", "There is no such route."),
        405 => ("method-not-allowed", "Method not allowed", "The route exists, but not for this method; see Allow."),
        408 => ("request-timeout", "Request timeout", "The request came in too slowly."),
        412 => ("precondition-failed", "Precondition failed", "It was changed since you read it."),
        413 => ("too-large", "Too large", "A body has at most 64 KiB."),
        415 => ("unsupported-media-type", "Unsupported media type", "The body must be declared as application/json, in UTF-8."),
        429 => ("too-many-requests", "Too many requests", "Come back later; see Retry-After."),
        503 => ("unavailable", "Unavailable", "Something that is needed is down. Come back later; see Retry-After."),
        >= 500 => ("internal-error", "Internal error", "The server made a mistake. Name the traceId when you report it."),
        _ => (ReasonPhrases.GetReasonPhrase(status).ToLowerInvariant().Replace(' ', '-'), ReasonPhrases.GetReasonPhrase(status), ""),
    };
}
