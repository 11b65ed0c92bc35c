namespace ShopSaga.Payments;

/// <summary>Ids of the events that Payments logs: 4000 to 4999.</summary>
internal static class LogEvents
{
    public static readonly EventId PaymentStarted = new(4001, nameof(PaymentStarted));
    public static readonly EventId PaymentCompleted = new(4002, nameof(PaymentCompleted));
    public static readonly EventId PaymentFailed = new(4003, nameof(PaymentFailed));
    public static readonly EventId PaymentUnknown = new(4004, nameof(PaymentUnknown));
    public static readonly EventId NeverCharged = new(4005, nameof(NeverCharged));
    public static readonly EventId OrderCancelledDuringCharge = new(4006, nameof(OrderCancelledDuringCharge));
    public static readonly EventId RefundStarted = new(4007, nameof(RefundStarted));
    public static readonly EventId PaymentRefunded = new(4008, nameof(PaymentRefunded));
    public static readonly EventId ProviderFails = new(4009, nameof(ProviderFails));
    public static readonly EventId ProviderUnavailable = new(4010, nameof(ProviderUnavailable));
    public static readonly EventId WebhookRefused = new(4011, nameof(WebhookRefused));
    public static readonly EventId WebhookUnknown = new(4012, nameof(WebhookUnknown));
    public static readonly EventId ProviderTimeOutOfBounds = new(4013, nameof(ProviderTimeOutOfBounds));
    public static readonly EventId ProviderContradictsItself = new(4014, nameof(ProviderContradictsItself));
    public static readonly EventId PartialRefund = new(4015, nameof(PartialRefund));
    public static readonly EventId ChargeReversed = new(4016, nameof(ChargeReversed));
}
