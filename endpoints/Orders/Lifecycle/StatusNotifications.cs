namespace ShopSaga.Orders.Lifecycle;

/// <summary>Notifies this instance that an order takes another status.</summary>
/// <remarks>
/// A handler has no moment after its commit, so it notifies before. A subscriber reads the database until the change is there, and gives up
/// after a while: the transaction may be rolled back.
/// </remarks>
internal sealed class StatusNotifications
{
    /// <summary>Raised with the order and the number of its status change. A subscriber must not block.</summary>
    public event Action<long, int>? StatusChanging;

    public void Notify(long orderId, int changeNumber) => StatusChanging?.Invoke(orderId, changeNumber);
}
