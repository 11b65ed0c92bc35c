using System.Net.Sockets;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ShopSaga.Hosting.Http;

/// <summary>
/// Maps exceptions to problems: a bad request, a dependency that is unavailable (503), or an error of the service (500). No problem shows a stack trace.
/// </summary>
internal sealed class ProblemExceptionHandler(IEnumerable<UnavailableWhen> unavailable, ILogger<ProblemExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; the status is for the access log and metrics.
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        await ProblemOf(context, exception).ExecuteAsync(context);
        return true;
    }

    private ProblemHttpResult ProblemOf(HttpContext context, Exception exception)
    {
        switch (exception)
        {
            case InvalidRequestException invalid:
                return Problems.Invalid(invalid.Errors);
            case BadHttpRequestException bad:
                return Problems.OfStatus(bad.StatusCode);
            case var _ when IsUnavailable(exception):
                logger.LogWarning(
                    HostingEvents.DependencyUnavailable,
                    "Answered 503 to {Method} {Path}: {Reason}",
                    context.Request.Method,
                    context.Request.Path,
                    exception.Message);
                return Problems.OfStatus(StatusCodes.Status503ServiceUnavailable);
            default:
                logger.LogError(HostingEvents.RequestFailed, exception, "{Method} {Path} failed", context.Request.Method, context.Request.Path);
                return Problems.OfStatus(StatusCodes.Status500InternalServerError);
        }
    }

    private bool IsUnavailable(Exception exception) => exception switch
    {
        // PostgreSQL ends connections with these states when it is stopped; Npgsql does not call them transient.
        PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown } => true,
        PostgresException refused => refused.IsTransient,
        NpgsqlException or SocketException or HttpRequestException or TimeoutException => true,
        _ when unavailable.Any(failure => failure.Matches(exception)) => true,
        _ => exception.InnerException is { } inner && IsUnavailable(inner),
    };
}
