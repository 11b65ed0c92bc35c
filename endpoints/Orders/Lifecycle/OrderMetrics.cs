using System.Diagnostics.Metrics;
using ShopSaga.Hosting.Monitoring;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>How long orders are open, and how many are.</summary>
internal static class OrderMetrics
{
    /// <summary>Orders by how long they have been open, so that a pile of old ones shows while new ones come and go.</summary>
    public static readonly DatabaseGauge Open = new(
        "shopsaga.orders.open",
        "{order}",
        "Orders that are not final, by the time since they were placed.",
        """
        SELECT count(id)::float8, age.name
          FROM (VALUES ('under 10 s', 0, 10), ('10 to 60 s', 10, 60), ('1 to 15 min', 60, 900), ('over 15 min', 900, 2000000000))
               AS age (name, from_s, to_s)
          LEFT JOIN orders ON status IN ('PENDING', 'CANCELLING')
               AND extract(epoch FROM now() - created_at) >= from_s AND extract(epoch FROM now() - created_at) < to_s
         GROUP BY age.name
        """,
        Label: "age");

    private static readonly Meter Meter = new("ShopSaga.Orders");

    private static readonly Histogram<double> TimeToFinal = Meter.CreateHistogram(
        "shopsaga.orders.time_to_final",
        "s",
        "Time from the placing or the beginning of the cancellation of an order until it was final, by outcome: "
            + "CONFIRMED, or why it is cancelled.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600] });

    private static readonly Counter<long> RefusedOrders = Meter.CreateCounter<long>(
        "shopsaga.orders.refused", "{order}", "Orders that were refused because too many were open.");

    /// <summary>Counts orders that were refused because too many were open; 0 makes the counter visible.</summary>
    public static void Refused(int orders) => RefusedOrders.Add(orders);

    /// <summary>
    /// Measures an order that has become final. It is counted twice in the rare case that its transaction is tried again.
    /// </summary>
    public static void Final(string outcome, TimeSpan open) =>
        TimeToFinal.Record(Math.Max(0, open.TotalSeconds), new KeyValuePair<string, object?>("outcome", outcome));
}
