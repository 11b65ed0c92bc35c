namespace ShopSaga.Users.Exporting;

/// <summary>An account with its sessions, and what Users knows of its orders.</summary>
internal sealed record AccountExport(
    ExportedAccount Account, IReadOnlyList<ExportedSession> Sessions, IReadOnlyList<ExportedOrder> Orders);

/// <summary>The account itself.</summary>
internal sealed record ExportedAccount(long Id, string Email, string Name, string Role, DateTimeOffset RegisteredAt);

/// <summary>A log-in that has not ended.</summary>
internal sealed record ExportedSession(long Id, DateTimeOffset ExpiresAt);

/// <summary>Whether an order is final; the order itself is in GET /orders/export.</summary>
internal sealed record ExportedOrder(long OrderId, bool IsFinal);
