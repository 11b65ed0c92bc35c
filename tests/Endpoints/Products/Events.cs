using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;

namespace ShopSaga.Tests.Endpoints.Products;

/// <summary>Events about an order, with what the tests do not care about filled in.</summary>
internal static class Events
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static OrderPlaced Placed(long orderId, params (long ProductId, int Quantity)[] lines) =>
        new(orderId, 7, [.. lines.Select(line => new OrderLine(line.ProductId, line.Quantity, 1000))], 1000, "CARD", At);

    public static OrderCancelled Cancelled(long orderId, string reason = "CUSTOMER") => new(orderId, reason, At);

    public static OrderConfirmed Confirmed(long orderId) => new(orderId, 70, At);

    public static PaymentFailed PaymentFailed(long orderId, string reason = "DECLINED") => new(orderId, reason, At);
}
