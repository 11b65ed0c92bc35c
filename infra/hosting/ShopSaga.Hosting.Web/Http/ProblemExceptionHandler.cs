using System.Net.Sockets;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Logging;
using Npgsql;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Hosting.Http;

/// <summary>
/// Maps exceptions to problems: a bad request, a dependency that is unavailable (503), or an error of the service (500). No problem shows a
/// stack trace.
/// </summary>
internal sealed class ProblemExceptionHandler(
    IEnumerable<UnavailableWhen> unavailable, WriteRefusals refusals, ILogger<ProblemExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; the status is for the access log and metrics.
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        if (DependencyFailureIn(exception) is PostgresException failure && DatabaseFailure.IsWriteRefused(failure))
        {
            refusals.Add(failure);
        }

        await ProblemOf(context, exception).ExecuteAsync(context);
        return true;
    }

    private ProblemHttpResult ProblemOf(HttpContext context, Exception exception)
    {
        switch (exception, DependencyFailureIn(exception))
        {
            case (InvalidRequestException invalid, _):
                return Problems.Invalid(invalid.Errors);
            case (BadHttpRequestException bad, _):
                return Problems.OfStatus(bad.StatusCode);
            case (_, null):
                logger.LogError(LogEvents.RequestFailed, exception, "{Method} {Path} failed", context.Request.Method,
                    context.Request.Path);
                return Problems.OfStatus(StatusCodes.Status500InternalServerError);
            case (_, { } timeout) when DatabaseFailure.IsTimeout(timeout):
                logger.LogWarning(
                    LogEvents.StatementTimedOut,
                    "Answered 503 to {Method} {Path}, a statement or its wait for a lock timed out: {Reason}",
                    context.Request.Method,
                    context.Request.Path,
                    timeout.Message);
                return Problems.Unavailable(
                    "Another transaction holds what the request needs, or the database took too long. Retry later; see Retry-After.");
            case (_, { } cause):
                logger.LogWarning(
                    LogEvents.DependencyUnavailable,
                    "Answered 503 to {Method} {Path}: {Reason}",
                    context.Request.Method,
                    context.Request.Path,
                    cause.Message);
                return Problems.OfStatus(StatusCodes.Status503ServiceUnavailable);
        }
    }

    /// <summary>The exception, or an inner one, that says that a dependency is unavailable; null for faults of the service.</summary>
    private Exception? DependencyFailureIn(Exception? exception) => exception switch
    {
        null => null,
        PostgresException failure => DatabaseFailure.IsUnavailable(failure) || DatabaseFailure.IsTimeout(failure) ? failure : null,
        NpgsqlException or SocketException or HttpRequestException or TimeoutException => exception,
        _ when DatabaseFailure.LostProtocol(exception) => exception,
        _ when unavailable.Any(dependency => dependency.Matches(exception)) => exception,
        _ => DependencyFailureIn(exception.InnerException),
    };
}
