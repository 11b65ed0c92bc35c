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

    /// <summary>Raised with the time for which an order that becomes final was open. A subscriber must not block.</summary>
    public event Action<TimeSpan>? BecomingFinal;

    /// <summary>Notifies and logs the status change that the event led to, if it led to one.</summary>
    public void Notify(OrderEvent orderEvent, TransitionResult result, ILogger logger)
    {
        if (result.ChangeNumber is { } changeNumber)
        {
            StatusChanging?.Invoke(orderEvent.OrderId, changeNumber);
            if (result.TimeToFinal is { } timeToFinal)
            {
                BecomingFinal?.Invoke(timeToFinal);
            }

            logger.LogInformation(
                LogEvents.OrderMoved, "Order {OrderId} is {Status} by {Trigger}", orderEvent.OrderId, result.Status, orderEvent.Trigger);
        }
    }
}
