using ShopSaga.Orders.Cart;
using ShopSaga.Orders.Tracking;

namespace ShopSaga.Orders.Exporting;

/// <summary>The cart, the idempotency keys of the last day and all orders of a user, oldest first.</summary>
internal sealed record OrdersExport(CartView Cart, IReadOnlyList<ExportedKey> IdempotencyKeys, IAsyncEnumerable<ExportedOrder> Orders);

/// <summary>An order with its history.</summary>
internal sealed record ExportedOrder(OrderView Order, IReadOnlyList<HistoryEntry> History);

/// <summary>A key under which the user placed an order.</summary>
internal sealed record ExportedKey(string Route, string Key, long OrderId, DateTimeOffset CreatedAt);
