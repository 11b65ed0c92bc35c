using System.Text;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Gateway;

/// <summary>GET /problems/{code}: explains the <c>type</c> of a problem and what to do about it.</summary>
internal static class ProblemPages
{
    private static readonly Dictionary<string, (string Title, string Text)> Pages = new()
    {
        ["validation"] = ("The request is not valid",
            "400. The member 'errors' names each member or parameter that is wrong, and says how. Correct it and send again."),
        ["unauthenticated"] = ("Not authenticated",
            "401. The access token is missing, expired or was not issued by this shop. Log in or refresh, and send it as 'Authorization: "
                + "Bearer'."),
        ["payment-declined"] = ("Payment declined",
            "402. The payment was not made; the order is cancelled and nothing was charged. Order again with another payment method."),
        ["forbidden"] = ("Forbidden", "403. The route is for administrators."),
        ["not-found"] = ("Not found", "404. The route or resource does not exist, or belongs to another user."),
        ["method-not-allowed"] = ("Method not allowed",
            "405. The route exists, but not for this method. The header Allow lists the methods that exist."),
        ["request-timeout"] = ("Request timeout", "408. The request arrived too slowly. Send it again."),
        ["conflict"] = ("Conflict", "409. The request conflicts with the current state of the resource. Read it again."),
        ["out-of-stock"] = ("Out of stock",
            "409. A product is short; the order is cancelled and nothing was charged. 'shortages' lists what is missing."),
        ["not-cancellable"] = ("Not cancellable",
            "409. The order is cancelled or being cancelled already; or the payment is not COMPLETED."),
        ["email-taken"] = ("E-mail taken", "409. There is an account with this e-mail address. Log in instead."),
        ["cart-empty"] = ("The cart is empty", "409. Put something into the cart first."),
        ["in-progress"] = ("In progress",
            "409. The first request with this Idempotency-Key is still being processed. Send it again in a moment."),
        ["precondition-failed"] = ("Precondition failed",
            "412. The resource has changed since you read it: If-Match is no longer its ETag. Read it again."),
        ["too-large"] = ("Too large", "413. A body has at most 64 KiB."),
        ["unsupported-media-type"] = ("Unsupported media type", "415. Declare the body as 'Content-Type: application/json', in UTF-8."),
        ["idempotency-key-reused"] = ("Idempotency key reused",
            "422. This Idempotency-Key was sent before with another body. Use a new key for a new request."),
        ["too-many-requests"] = ("Too many requests", "429. Retry after the number of seconds in Retry-After."),
        ["unavailable"] = ("Unavailable",
            "503. A dependency is unavailable for the moment. Retry after the number of seconds in Retry-After."),
        ["overloaded"] = ("Overloaded",
            "503. More orders are waiting than the shop completes in time. The order was not placed. Retry after the number of seconds in "
                + "Retry-After."),
        ["internal-error"] = ("Internal error", "500. The server failed. Quote the 'traceId' when you report it."),
    };

    public static IReadOnlyCollection<string> Codes => Pages.Keys;

    public static void MapProblemPages(this WebApplication app) => app.MapGet("/problems/{code}", IResult (string code) =>
        Pages.TryGetValue(code, out var page)
            ? TypedResults.Content(
                $"""
                <!DOCTYPE html>
                <html lang="en">
                <head><meta charset="utf-8"><title>{page.Title}</title></head>
                <body><main><h1>{page.Title}</h1><p><code>{code}</code></p><p>{page.Text}</p></main></body>
                </html>

                """,
                "text/html",
                Encoding.UTF8)
            : Problems.NotFound("There is no such problem type."));
}
