namespace ShopSaga.Web.Shared;

/// <summary>
/// The strictest policy that Blazor works under: scripts and styles come from files of this origin, none stands in a page. Bootstrap's
/// style sheet has small pictures in data: addresses.
/// </summary>
internal sealed class PageHeaders(RequestDelegate next)
{
    public const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
        + "base-uri 'self'; frame-ancestors 'none'";

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy = Policy;
        return next(context);
    }
}
