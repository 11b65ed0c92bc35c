namespace ShopSaga.Psp;

/// <summary>Ids of the events that the provider's simulator logs: 8000 to 8999, the range of the bus, which it does not use.</summary>
internal static class LogEvents
{
    public static readonly EventId Charged = new(8001, nameof(Charged));
    public static readonly EventId Declined = new(8002, nameof(Declined));
    public static readonly EventId Voided = new(8003, nameof(Voided));
    public static readonly EventId Refunded = new(8004, nameof(Refunded));
    public static readonly EventId Unavailable = new(8005, nameof(Unavailable));
    public static readonly EventId WebhookNotTaken = new(8006, nameof(WebhookNotTaken));
    public static readonly EventId WebhooksWait = new(8007, nameof(WebhooksWait));
}
