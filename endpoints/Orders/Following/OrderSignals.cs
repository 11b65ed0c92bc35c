namespace ShopSaga.Orders.Following;

/// <summary>
/// Says that an order takes another status. A handler says so before its transaction commits, as it has no moment after that: whoever hears
/// it looks until the change is there.
/// </summary>
internal sealed class OrderSignals
{
    /// <summary>Hears the order and the number of its change. Must not block.</summary>
    public event Action<long, int>? Sent;

    public void Send(long orderId, int change) => Sent?.Invoke(orderId, change);
}
