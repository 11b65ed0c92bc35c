using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Operations.Watching;

/// <summary>
/// What services measure in their databases, from the metrics of their instances: Operations opens no database. Instances of a service read
/// the same database at different moments, so the largest value counts.
/// </summary>
internal static class ReadGauges
{
    /// <summary>GET /operations/outboxes</summary>
    public static async Task<Ok<ItemsOf<OutboxState>>> Outboxes(
        ServiceInstances instances, InstanceProbe probe, CancellationToken cancellationToken)
    {
        var outboxes = await Task.WhenAll((await instances.Find(cancellationToken)).Select(async service =>
        {
            var texts = await Task.WhenAll(service.Instances.Select(each => probe.Metrics(each, cancellationToken)));
            return new OutboxState(
                service.Service,
                (long?)Largest(texts, "shopsaga_outbox_pending"),
                Largest(texts, "shopsaga_outbox_oldest_seconds"),
                texts.Any(text => text is not null));
        }));

        // A service that answers without these metrics has no outbox.
        return TypedResults.Ok(new ItemsOf<OutboxState>(
            [.. outboxes.Where(outbox => outbox.Pending is not null || !outbox.IsReachable)], NextCursor: null));
    }

    /// <summary>GET /operations/open-orders</summary>
    public static async Task<Results<Ok<ItemsOf<OpenOrders>>, ProblemHttpResult>> OpenOrders(
        ServiceInstances instances, InstanceProbe probe, CancellationToken cancellationToken)
    {
        var orders = (await instances.Find(cancellationToken)).FirstOrDefault(service => service.Service == "Orders").Instances ?? [];
        var texts = await Task.WhenAll(orders.Select(each => probe.Metrics(each, cancellationToken)));
        var ages = texts.OfType<string>().SelectMany(text => MetricSamples.Of(text, "shopsaga_orders_open", "age"))
            .GroupBy(sample => sample.Label)
            .Select(age => new OpenOrders(age.Key, (long)age.Max(sample => sample.Value)))
            .OrderBy(age => Array.IndexOf(Ages, age.Age))
            .ToList();
        return ages.Count > 0
            ? TypedResults.Ok(new ItemsOf<OpenOrders>(ages, NextCursor: null))
            : Problems.Unavailable("No instance of Orders tells how many orders are open.");
    }

    // As Orders names them.
    private static readonly string[] Ages = ["under 10 s", "10 to 60 s", "1 to 15 min", "over 15 min"];

    private static double? Largest(string?[] texts, string metric) => texts.OfType<string>()
        .SelectMany(text => MetricSamples.Of(text, metric)).Select(sample => (double?)sample.Value).Max();
}

/// <summary>The records of a service's outbox that are not dispatched; no numbers while no instance tells them.</summary>
/// <param name="Service">The service.</param>
/// <param name="Pending">How many; at most 10,000 are counted.</param>
/// <param name="OldestSeconds">The age of the oldest.</param>
/// <param name="IsReachable">Whether an instance answers.</param>
internal sealed record OutboxState(string Service, long? Pending, double? OldestSeconds, bool IsReachable);

/// <summary>Orders that are not final, by the time since they were placed.</summary>
/// <param name="Age">Such as <c>10 to 60 s</c>.</param>
/// <param name="Orders">How many.</param>
internal sealed record OpenOrders(string Age, long Orders);
