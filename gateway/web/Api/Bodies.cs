using System.Text.Json;
using System.Text.Json.Serialization;

namespace ShopSaga.Web.Api;

/// <summary>No body.</summary>
public sealed record Nothing;

/// <summary>A page of a list.</summary>
public sealed record ItemsOf<T>(IReadOnlyList<T> Items, string? NextCursor);

/// <summary>Opens an account.</summary>
public sealed record Registration(string Email, string Password, string Name);

/// <summary>Logs in.</summary>
public sealed record Credentials(string Email, string Password);

/// <summary>A refresh token, which serves once.</summary>
public sealed record RefreshToken([property: JsonPropertyName("refreshToken")] string Token);

/// <summary>What a log-in or a refresh gives.</summary>
public sealed record TokenPair(string AccessToken, int ExpiresIn, string RefreshToken);

/// <summary>An account.</summary>
public sealed record Account(long Id, string Email, string Name, string Role);

/// <summary>Changes the caller's name.</summary>
public sealed record NewName(string Name);

/// <summary>Changes the caller's password.</summary>
public sealed record PasswordChange(string CurrentPassword, string NewPassword);

/// <summary>Closes the caller's account.</summary>
public sealed record AccountClosure(string Password);

/// <summary>A product on sale.</summary>
public sealed record Product(long Id, string Name, string Category, int Price, int StockQuantity, long Version);

/// <summary>Puts a product on sale.</summary>
public sealed record NewProduct(string Name, string Category, int Price, int StockQuantity);

/// <summary>Replaces name, category and price of a product.</summary>
public sealed record ChangedProduct(string Name, string Category, int Price);

/// <summary>Adds to the stock, or removes from it.</summary>
public sealed record StockChange(int Delta);

/// <summary>A cart at today's prices.</summary>
public sealed record Cart(IReadOnlyList<CartLine> Lines, long TotalAmount);

/// <summary>One product of a cart.</summary>
public sealed record CartLine(long ProductId, string Name, int UnitPrice, int Quantity);

/// <summary>How many of a product.</summary>
public sealed record CartItem(int Quantity);

/// <summary>Orders what is in the cart.</summary>
public sealed record Checkout(string PaymentMethod);

/// <summary>Orders one product.</summary>
public sealed record NewOrder(long ProductId, int Quantity, string PaymentMethod);

/// <summary>An order.</summary>
public sealed record Order(
    long Id,
    long UserId,
    string Status,
    string? Reason,
    IReadOnlyList<OrderLine> Lines,
    long TotalAmount,
    string PaymentMethod,
    long? PaymentId,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    /// <summary>Whether the order waits for no other service; a confirmed order can still be cancelled.</summary>
    [JsonIgnore]
    public bool IsFinal => Status is "CONFIRMED" or "CANCELLED";

    /// <summary>Whether it can be cancelled.</summary>
    [JsonIgnore]
    public bool IsCancellable => Status is "PENDING" or "CONFIRMED";
}

/// <summary>One product of an order.</summary>
public sealed record OrderLine(long ProductId, string Name, int Quantity, int UnitPrice);

/// <summary>One event of an order.</summary>
public sealed record OrderEvent(string Name, DateTimeOffset At, string Source)
{
    /// <summary>Further members, by event: amounts, reason, shortages.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement> Details { get; init; } = [];
}

/// <summary>A payment.</summary>
public sealed record Payment(
    long Id,
    long OrderId,
    long UserId,
    long Amount,
    string PaymentMethod,
    string Status,
    DateTimeOffset CreatedAt,
    DateTimeOffset? RefundedAt);

/// <summary>The totals of a report date.</summary>
public sealed record Day(
    DateOnly ReportDate, long TotalAmount, long PaymentCount, long RefundAmount, long RefundCount, long NetAmount, string Status);

/// <summary>The totals of a month.</summary>
public sealed record Month(
    string YearMonth, long TotalAmount, long PaymentCount, long RefundAmount, long RefundCount, long NetAmount, string Status);

/// <summary>The comparison of provider, Payments and ledger for one business date.</summary>
public sealed record Reconciliation(DateOnly Date, long Matched, IReadOnlyList<Difference> Differences, string? NextCursor);

/// <summary>A capture or refund about which the books do not agree.</summary>
public sealed record Difference(
    string Kind, long? OrderId, long? PaymentId, long? ProviderAmount, long? PaymentAmount, long? LedgerAmount);

/// <summary>A service with its instances.</summary>
public sealed record ServiceHealth(string Service, IReadOnlyList<InstanceHealth> Instances);

/// <summary>An instance, and what it says of itself.</summary>
public sealed record InstanceHealth(string Address, string State, IReadOnlyDictionary<string, string> Checks);

/// <summary>A queue of the broker; rates are per second.</summary>
public sealed record QueueState(string Name, long Messages, long Consumers, double PublishRate, double AcknowledgeRate);

/// <summary>What a service's outbox has not dispatched.</summary>
public sealed record OutboxState(string Service, long? Pending, double? OldestSeconds);

/// <summary>Orders that are not final, by age.</summary>
public sealed record OpenOrders(string Age, long Orders);

/// <summary>The failed messages, by group.</summary>
public sealed record FailedGroups(
    IReadOnlyList<FailedGroup> Items, int Messages, bool IsPartial, DateTimeOffset ReadAt, bool IsConsumed, string? ServicePulse);

/// <summary>Failed messages of one type and one exception.</summary>
public sealed record FailedGroup(
    string Id,
    string MessageType,
    string ExceptionType,
    string ExceptionMessage,
    IReadOnlyList<string> Queues,
    int Messages,
    DateTimeOffset? LastAt);

/// <summary>A failed message, in short.</summary>
public sealed record FailedMessage(
    string Id,
    string Group,
    string MessageId,
    string MessageType,
    string ExceptionType,
    string ExceptionMessage,
    string? Queue,
    DateTimeOffset? FailedAt);

/// <summary>A failed message with headers and body.</summary>
public sealed record FailedMessageDetails(
    FailedMessage Message, string StackTrace, IReadOnlyList<FailedHeader> Headers, string Body, int BodyLength, bool IsBodyCut);

/// <summary>A header of a message.</summary>
public sealed record FailedHeader(string Name, string Value);

/// <summary>How far a return of failed messages is.</summary>
public sealed record MessageReturn(
    long Id, string? Message, string? Group, string Status, int Total, int Looked, int Returned, IReadOnlyList<LeftMessages> Left)
{
    /// <summary>Whether it goes on.</summary>
    [JsonIgnore]
    public bool IsOpen => Status is "WAITING" or "RUNNING";
}

/// <summary>Messages that could not be returned.</summary>
public sealed record LeftMessages(string? Queue, string Reason, int Messages);
