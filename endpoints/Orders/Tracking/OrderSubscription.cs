using System.Threading.Channels;
using ShopSaga.Orders.Lifecycle;

namespace ShopSaga.Orders.Tracking;

/// <summary>The status changes of one order, until disposed.</summary>
internal sealed class OrderSubscription(OrderTracker tracker, long orderId) : IDisposable
{
    // Unbounded is bounded here: an order has a handful of status changes, so a subscriber that does not read costs no more.
    private readonly Channel<StatusChange> _changes = Channel.CreateUnbounded<StatusChange>();

    public long OrderId => orderId;

    public ChannelReader<StatusChange> Changes => _changes.Reader;

    public void Add(StatusChange change) => _changes.Writer.TryWrite(change);

    public void Dispose() => tracker.Unsubscribe(this);
}
