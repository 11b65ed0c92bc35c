using System.Text.Json.Nodes;

namespace ShopSaga.Fuzz.Messages;

/// <summary>The events that endpoints subscribe to, with bodies about things that do not exist.</summary>
internal static class EventCatalogue
{
    private const string At = "2026-01-31T00:00:00+00:00";

    /// <summary>Queue, event with its namespace, and a function that creates the body for an order id.</summary>
    public static readonly (string Queue, string Type, Func<long, JsonObject> Body)[] Subscriptions =
    [
        ("ShopSaga.Products", "Orders.OrderPlaced", OrderPlaced),
        ("ShopSaga.Products", "Orders.OrderConfirmed",
            order => new JsonObject { ["OrderId"] = order, ["PaymentId"] = 1, ["ConfirmedAt"] = At }),
        ("ShopSaga.Products", "Payments.PaymentFailed",
            order => new JsonObject { ["OrderId"] = order, ["Reason"] = "DECLINED", ["FailedAt"] = At }),
        ("ShopSaga.Orders", "Products.StockReserved", order => new JsonObject { ["OrderId"] = order, ["ReservedAt"] = At }),
        ("ShopSaga.Orders", "Products.StockRejected", order => new JsonObject
        {
            ["OrderId"] = order,
            ["Shortages"] = new JsonArray(new JsonObject { ["ProductId"] = 1, ["Requested"] = 2, ["Available"] = 1 }),
        }),
        ("ShopSaga.Orders", "Payments.PaymentCompleted", PaymentCompleted),
        ("ShopSaga.Orders", "Products.ProductPriceChanged",
            order => new JsonObject { ["ProductId"] = order, ["Price"] = 1, ["Version"] = 1 }),
        ("ShopSaga.Payments", "Orders.OrderPlaced", OrderPlaced),
        ("ShopSaga.Payments", "Products.StockRejected", order => new JsonObject { ["OrderId"] = order, ["Shortages"] = new JsonArray() }),
        ("ShopSaga.Payments", "Orders.OrderCancelled",
            order => new JsonObject { ["OrderId"] = order, ["Reason"] = "CUSTOMER", ["CancelledAt"] = At }),
        ("ShopSaga.Settlement", "Payments.PaymentRefunded",
            order => new JsonObject { ["OrderId"] = order, ["PaymentId"] = order, ["Amount"] = 1, ["RefundedAt"] = At }),
        ("ShopSaga.Settlement", "Payments.PaymentCompleted", PaymentCompleted),
        ("ShopSaga.Users", "Orders.OrderPlaced", OrderPlaced),
    ];

    public static string AssemblyQualified(string type) =>
        $"ShopSaga.Contracts.{type}, ShopSaga.Contracts, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null";

    private static JsonObject OrderPlaced(long order) => new()
    {
        ["OrderId"] = order,
        ["UserId"] = 1,
        ["Lines"] = new JsonArray(new JsonObject { ["ProductId"] = long.MaxValue, ["Quantity"] = 1, ["UnitPrice"] = 1 }),
        ["TotalAmount"] = 1,
        ["PaymentMethod"] = "CARD",
        ["PlacedAt"] = At,
    };

    private static JsonObject PaymentCompleted(long order) => new()
    {
        ["OrderId"] = order,
        ["PaymentId"] = order,
        ["UserId"] = 1,
        ["Amount"] = 1,
        ["PaymentMethod"] = "CARD",
        ["CompletedAt"] = At,
    };
}
