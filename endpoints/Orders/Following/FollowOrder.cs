using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Npgsql;
using ShopSaga.Hosting.Http;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace ShopSaga.Orders.Following;

/// <summary>
/// GET /orders/{id}/events: the order as server-sent events (WHATWG HTML, section 9.2). The status it has, then each one it takes, until it is
/// at rest. A client that lost the stream says what it saw last, and gets what it missed; one that missed nothing and has nothing to wait for
/// gets a 204, which tells an EventSource not to come back.
/// </summary>
internal sealed class FollowOrder(
    NpgsqlDataSource database,
    LiveOrders live,
    FollowerLimit limit,
    TimeProvider time,
    IOptions<JsonOptions> json,
    IHostApplicationLifetime lifetime)
{
    /// <summary>Often enough for whatever stands between, which would take a silent connection for a dead one.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    internal static async Task<Results<EmptyHttpResult, NoContent, ProblemHttpResult>> Handle(
        long id, [FromHeader(Name = "Last-Event-ID")] string? lastEventId, Caller caller, HttpContext http, FollowOrder follow) =>
        await follow.Answer(id, lastEventId, caller, http);

    private async Task<Results<EmptyHttpResult, NoContent, ProblemHttpResult>> Answer(
        long id, string? lastEventId, Caller caller, HttpContext http)
    {
        if (await OrderView.Find(database, id, http.RequestAborted) is not { } order || !caller.MaySee(order.UserId))
        {
            return Problems.NotFound();
        }

        using var place = limit.Enter(caller.UserId);
        if (place is null)
        {
            return TooMany(http.Response);
        }

        using var watch = live.Watch(id);
        var changes = await OrderChange.Since(database, [(id, 0)], http.RequestAborted);
        var missed = changes.FirstOrDefault(change => EventId(change) == lastEventId) is { } seen
            ? changes.Where(change => change.Number > seen.Number).ToList()
            : [changes[^1]];
        if (missed.Count == 0 && changes[^1].IsAtRest)
        {
            return TypedResults.NoContent();
        }

        // A service that stops does not wait for its orders to settle: the clients come back, to another instance.
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await Stream(http.Response, order, watch, missed, changes[^1], end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The client is gone, or about to be sent away.
        }

        return TypedResults.Empty;
    }

    private async Task Stream(
        HttpResponse response, OrderView order, Watch watch, List<OrderChange> missed, OrderChange last, CancellationToken end)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        await response.StartAsync(end);
        foreach (var change in missed)
        {
            await Write(response, order, change, end);
        }

        await response.Body.FlushAsync(end);
        while (!last.IsAtRest)
        {
            var more = watch.Changes.WaitToReadAsync(end).AsTask();
            while (await Task.WhenAny(more, Task.Delay(Heartbeat, time, end)) != more)
            {
                await response.WriteAsync(": still open\n\n", end);
            }

            await more;
            while (watch.Changes.TryRead(out var change))
            {
                if (change.Number > last.Number)
                {
                    await Write(response, order, change, end);
                    last = change;
                }
            }
        }
    }

    private Task Write(HttpResponse response, OrderView order, OrderChange change, CancellationToken end) =>
        response.WriteAsync(
            $"event: status\nid: {EventId(change)}\ndata: {JsonSerializer.Serialize(order.After(change), json.Value.SerializerOptions)}\n\n", end);

    private static string EventId(OrderChange change) => change.Number.ToString(CultureInfo.InvariantCulture);

    private ProblemHttpResult TooMany(HttpResponse response)
    {
        // draft-ietf-httpapi-ratelimit-headers-10, section 3: what is counted here is streams that are open at the same time.
        response.Headers.RetryAfter = "5";
        response.Headers["RateLimit-Policy"] = string.Create(CultureInfo.InvariantCulture, $"\"streams\";q={limit.Most};qu=\"concurrent-requests\"");
        response.Headers["RateLimit"] = "\"streams\";r=0";
        return Problems.Problem(
            StatusCodes.Status429TooManyRequests,
            "too-many-requests",
            "Too many requests",
            $"At most {limit.Most} streams at the same time. Close one, or come back later; see Retry-After.");
    }
}
