using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Npgsql;
using ShopSaga.Hosting.Http;
using ShopSaga.Orders.Lifecycle;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace ShopSaga.Orders.Tracking;

/// <summary>
/// GET /orders/{id}/events: the order as server-sent events (WHATWG HTML, section 9.2): its current status, then each one that it takes,
/// until it is final. A client that lost the stream sends the id of the last event it saw, and gets the events it missed. A client that
/// missed nothing of a final order gets a 204, which tells an EventSource not to reconnect.
/// </summary>
internal sealed class TrackOrder(
    NpgsqlDataSource database,
    OrderTracker tracker,
    StreamLimit limit,
    TimeProvider time,
    IOptions<JsonOptions> json,
    IHostApplicationLifetime lifetime)
{
    /// <summary>Shorter than the idle timeouts of common proxies, which close a connection without traffic.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    internal static async Task<Results<EmptyHttpResult, NoContent, ProblemHttpResult>> Handle(
        long id, [FromHeader(Name = "Last-Event-ID")] string? lastEventId, Caller caller, HttpContext http, TrackOrder track) =>
        await track.Respond(id, lastEventId, caller, http);

    private async Task<Results<EmptyHttpResult, NoContent, ProblemHttpResult>> Respond(
        long id, string? lastEventId, Caller caller, HttpContext http)
    {
        if (await OrderView.Find(database, id, http.RequestAborted) is not { } order || !caller.MaySee(order.UserId))
        {
            return Problems.NotFound();
        }

        using var permit = limit.TryAcquire(caller.UserId);
        if (permit is null)
        {
            return TooManyStreams(http.Response);
        }

        using var subscription = tracker.Subscribe(id);
        var changes = await StatusChange.ReadAfter(database, [(id, 0)], http.RequestAborted);
        var missed = changes.FirstOrDefault(change => EventId(change) == lastEventId) is { } seen
            ? changes.Where(change => change.Number > seen.Number).ToList()
            : [changes[^1]];
        if (missed.Count == 0 && changes[^1].Status.IsFinal())
        {
            return TypedResults.NoContent();
        }

        // A service that stops does not wait until its orders are final: the clients reconnect to another instance.
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await Stream(http.Response, order, subscription, missed, changes[^1], end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The client hung up, or this instance stops.
        }

        return TypedResults.Empty;
    }

    private async Task Stream(
        HttpResponse response,
        OrderView order,
        OrderSubscription subscription,
        List<StatusChange> missed,
        StatusChange last,
        CancellationToken end)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        await response.StartAsync(end);
        foreach (var change in missed)
        {
            await Write(response, order, change, end);
        }

        await response.Body.FlushAsync(end);
        while (!last.Status.IsFinal())
        {
            var more = subscription.Changes.WaitToReadAsync(end).AsTask();
            while (await Task.WhenAny(more, Task.Delay(Heartbeat, time, end)) != more)
            {
                await response.WriteAsync(": still open\n\n", end);
            }

            await more;
            while (subscription.Changes.TryRead(out var change))
            {
                if (change.Number > last.Number)
                {
                    await Write(response, order, change, end);
                    last = change;
                }
            }
        }
    }

    private Task Write(HttpResponse response, OrderView order, StatusChange change, CancellationToken end)
    {
        var data = JsonSerializer.Serialize(order.After(change), json.Value.SerializerOptions);
        return response.WriteAsync($"event: status\nid: {EventId(change)}\ndata: {data}\n\n", end);
    }

    private static string EventId(StatusChange change) => change.Number.ToString(CultureInfo.InvariantCulture);

    private ProblemHttpResult TooManyStreams(HttpResponse response)
    {
        // draft-ietf-httpapi-ratelimit-headers-10, section 3: the quota counts streams that are open at the same time.
        response.Headers.RetryAfter = "5";
        response.Headers["RateLimit-Policy"] =
            string.Create(CultureInfo.InvariantCulture, $"\"streams\";q={limit.Max};qu=\"concurrent-requests\"");
        response.Headers["RateLimit"] = "\"streams\";r=0";
        return Problems.Problem(
            StatusCodes.Status429TooManyRequests,
            "too-many-requests",
            "Too many requests",
            $"At most {limit.Max} streams at the same time. Close one, or come back later; see Retry-After.");
    }
}
