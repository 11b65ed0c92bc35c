namespace ShopSaga.Web.Customer;

/// <summary>The methods of the payment provider's simulator; each shows another course that a payment can take.</summary>
internal static class PaymentMethods
{
    public static IReadOnlyList<string> Usual { get; } = ["CARD", "KAKAO_PAY", "BANK_TRANSFER"];

    public static IReadOnlyList<string> Troubled { get; } =
        ["CARD_DECLINED", "CARD_TIMEOUT_CHARGED", "CARD_TIMEOUT_LOST", "CARD_FLAKY", "CARD_SLOW", "CARD_REFUND_FLAKY"];
}
