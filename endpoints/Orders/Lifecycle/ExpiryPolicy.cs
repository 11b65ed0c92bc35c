using ShopSaga.Hosting;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>How long an order may stay PENDING.</summary>
internal sealed record ExpiryPolicy(TimeSpan After)
{
    /// <summary>Reads <c>Orders:Expiry</c>, 15 minutes by default.</summary>
    /// <exception cref="InvalidOperationException">It is not a time span from a second to a year.</exception>
    public static ExpiryPolicy From(IConfiguration configuration) => new(configuration.Time(
        "Orders:Expiry", TimeSpan.FromMinutes(15), min: TimeSpan.FromSeconds(1), max: TimeSpan.FromDays(365)));

    /// <summary>The options that deliver the message at the expiry of its order, to this endpoint.</summary>
    public SendOptions OptionsFor(WatchOrder watch)
    {
        var options = new SendOptions();
        options.RouteToThisEndpoint();
        options.DoNotDeliverBefore(watch.PlacedAt + After);
        return options;
    }
}
