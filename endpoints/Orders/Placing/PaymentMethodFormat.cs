namespace ShopSaga.Orders.Placing;

/// <summary>The form of a payment method. Which methods are accepted is the payment provider's decision.</summary>
internal static class PaymentMethodFormat
{
    public const string Pattern = "[A-Z_]{2,40}";
    public const string Rule = "must be 2 to 40 of A-Z and _.";
}
