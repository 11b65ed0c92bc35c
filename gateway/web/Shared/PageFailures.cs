namespace ShopSaga.Web.Shared;

/// <summary>Turns an exception into a bare status, for which the page of that status is shown.</summary>
internal sealed class PageFailures(RequestDelegate next, ILogger<PageFailures> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception failure) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested
            && failure is not BadHttpRequestException)
        {
            logger.LogError(
                new EventId(7001, "PageFailed"), failure, "{Method} {Path} failed", context.Request.Method, context.Request.Path);
            context.Response.Clear();
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            context.Response.Headers.ContentSecurityPolicy = PageHeaders.Policy;
        }
    }
}
