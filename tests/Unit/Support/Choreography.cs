using System.Reflection;

namespace ShopSaga.Tests.Unit.Support;

/// <summary>Who publishes what and who reacts: the design, in one table.</summary>
internal static class Choreography
{
    public static readonly string[] Endpoints = ["Users", "Products", "Orders", "Payments", "Settlement"];

    public static readonly DesignedEvent[] Events =
    [
        new("UserRegistered", "Users", "UserId, Email, Name, RegisteredAt"),
        new("AccountClosed", "Users", "UserId, ClosedAt", "Orders"),
        new("ProductListed", "Products", "ProductId, Name, Category, Price, Version", "Orders"),
        new("ProductPriceChanged", "Products", "ProductId, Price, Version", "Orders"),
        new("ProductWithdrawn", "Products", "ProductId, Version", "Orders"),
        new(
            "OrderPlaced",
            "Orders",
            "OrderId, UserId, Lines[ProductId, Quantity, UnitPrice], TotalAmount, PaymentMethod, PlacedAt",
            "Products",
            "Payments",
            "Users"),
        new("StockReserved", "Products", "OrderId, ReservedAt", "Payments", "Orders"),
        new("StockRejected", "Products", "OrderId, Shortages[ProductId, Requested, Available]", "Orders", "Payments", "Users"),
        new("StockReleased", "Products", "OrderId, ReleasedAt", "Orders", "Users"),
        new("StockCommitted", "Products", "OrderId, CommittedAt", "Orders"),
        new("PaymentCompleted", "Payments", "OrderId, PaymentId, UserId, Amount, PaymentMethod, CompletedAt", "Orders", "Settlement"),
        new("PaymentFailed", "Payments", "OrderId, Reason, FailedAt", "Orders", "Products", "Users"),
        new("PaymentRefunded", "Payments", "OrderId, PaymentId, Amount, RefundedAt", "Orders", "Settlement", "Users"),
        new("OrderConfirmed", "Orders", "OrderId, PaymentId, ConfirmedAt", "Products", "Users"),
        new("OrderCancelled", "Orders", "OrderId, Reason, CancelledAt", "Products", "Payments", "Users"),
        new("DailySettlementClosed", "Settlement", "ReportDate, TotalAmount, PaymentCount"),
        new("MonthlySettlementClosed", "Settlement", "YearMonth, TotalAmount, PaymentCount"),
        new("BooksDiffered", "Settlement", "ReportDate, Matched, Differences, ComparedAt"),
    ];

    public static Assembly Contracts { get; } = Assembly.Load("ShopSaga.Contracts");

    public static Assembly AssemblyOf(string endpoint) => Assembly.Load($"ShopSaga.{endpoint}");

    /// <summary>An event of the design.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Publisher">The endpoint that owns it.</param>
    /// <param name="Fields">Its fields; those of a list in brackets.</param>
    /// <param name="Reactors">The endpoints that handle it.</param>
    internal sealed record DesignedEvent(string Name, string Publisher, string Fields, params string[] Reactors)
    {
        public string FullName => $"ShopSaga.Contracts.{Publisher}.{Name}";

        public Type Type => Contracts.GetType(FullName, throwOnError: true)!;

        public override string ToString() => Name;
    }
}
