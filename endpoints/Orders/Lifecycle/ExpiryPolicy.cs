namespace ShopSaga.Orders.Lifecycle;

/// <summary>How long an order may stay PENDING.</summary>
internal sealed record ExpiryPolicy(TimeSpan After)
{
    private static readonly TimeSpan Max = TimeSpan.FromDays(365);

    /// <summary>Reads <c>Orders:Expiry</c>, 15 minutes by default.</summary>
    /// <exception cref="InvalidOperationException">It is not a time span from a second to a year.</exception>
    public static ExpiryPolicy From(IConfiguration configuration)
    {
        var text = configuration["Orders:Expiry"] ?? "00:15:00";
        return TimeSpan.TryParse(text, out var after) && after >= TimeSpan.FromSeconds(1) && after <= Max
            ? new ExpiryPolicy(after)
            : throw new InvalidOperationException(
                $"Configuration 'Orders:Expiry' is '{text}'. Set Orders__Expiry to a time from one second to a year, such as 00:15:00.");
    }

    /// <summary>The options that deliver the message at the expiry of its order, to this endpoint.</summary>
    public SendOptions DelayOf(WatchOrder watch)
    {
        var options = new SendOptions();
        options.RouteToThisEndpoint();
        options.DoNotDeliverBefore(watch.PlacedAt + After);
        return options;
    }
}
