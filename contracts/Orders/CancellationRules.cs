namespace ShopSaga.Contracts.Orders;

/// <summary>What subscribers of <see cref="OrderCancelled"/> read from its reason.</summary>
public static class CancellationRules
{
    /// <summary>
    /// Whether Products and Payments must answer the cancellation even when they have reserved or charged nothing for the order, because
    /// Orders waits for them. For the other reasons, the rejection or failure that caused the cancellation has told Orders, and the other
    /// service, already.
    /// </summary>
    public static bool MustBeAnswered(string reason) =>
        reason is nameof(CancelReason.CUSTOMER) or nameof(CancelReason.EXPIRED) or nameof(CancelReason.SHOP);
}
