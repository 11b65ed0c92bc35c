using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Diagnostics;

namespace ShopSaga.Web.Shared;

/// <summary>Turns failures into a bare status, for which the page of that status is shown.</summary>
internal sealed class PageFailures(RequestDelegate next, ILogger<PageFailures> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            if (context.Features.Get<IStatusCodeReExecuteFeature>() is null)
            {
                await next(context);
                ForgetEmptyPage(context.Response);
            }
            else
            {
                await ShowStatus(context);
            }
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

    /// <summary>Blazor refuses a form that no page has, or that came without its token, with an empty page.</summary>
    private static void ForgetEmptyPage(HttpResponse response)
    {
        if (response is { HasStarted: false, StatusCode: >= StatusCodes.Status400BadRequest })
        {
            response.ContentType = null;
        }
    }

    /// <summary>Gets the page of a status: a form that was refused would be refused there once more.</summary>
    private async Task ShowStatus(HttpContext context)
    {
        var method = context.Request.Method;
        context.Request.Method = HttpMethods.IsPost(method) ? HttpMethods.Get : method;
        context.Features.Set<IAntiforgeryValidationFeature>(null);
        try
        {
            await next(context);
        }
        finally
        {
            context.Request.Method = method;
        }
    }
}
