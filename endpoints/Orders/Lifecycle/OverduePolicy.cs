using System.Globalization;

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
        var text = configuration["Orders:OverdueAfter"] ?? "00:10:00";
        var isTime = TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var after);
        return isTime && after >= TimeSpan.FromSeconds(1) && after <= TimeSpan.FromDays(365)
            ? new OverduePolicy(expiry.After + after, after)
            : throw new InvalidOperationException(
                $"Configuration 'Orders:OverdueAfter' is '{text}'. Set Orders__OverdueAfter to a time from one second to a year.");
    }
}
