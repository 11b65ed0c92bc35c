using ShopSaga.Hosting;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>When an order that is not final is overdue.</summary>
/// <param name="PendingAfter">How long after it was placed: its expiry, and <paramref name="CancellingAfter"/> more.</param>
/// <param name="CancellingAfter">How long after it was cancelled.</param>
internal sealed record OverduePolicy(TimeSpan PendingAfter, TimeSpan CancellingAfter)
{
    /// <summary>Reads <c>Orders:OverdueAfter</c>, 10 minutes by default.</summary>
    /// <exception cref="InvalidOperationException">It is not a time span from a second to a year.</exception>
    public static OverduePolicy From(IConfiguration configuration, ExpiryPolicy expiry)
    {
        var after = configuration.Time(
            "Orders:OverdueAfter", TimeSpan.FromMinutes(10), min: TimeSpan.FromSeconds(1), max: TimeSpan.FromDays(365));
        return new OverduePolicy(expiry.After + after, after);
    }
}
