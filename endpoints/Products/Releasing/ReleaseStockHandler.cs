using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;
using ShopSaga.Products.Reserving;

namespace ShopSaga.Products.Releasing;

/// <summary>
/// Restores the stock of an order that is cancelled or was not paid. If OrderPlaced has not arrived yet, inserts a tombstone, so that
/// OrderPlaced will reserve nothing.
/// </summary>
internal sealed class ReleaseStockHandler(StockRows stock, TimeProvider time, ILogger<ReleaseStockHandler> logger)
    : IHandleMessages<OrderCancelled>, IHandleMessages<PaymentFailed>
{
    // For a tombstone, StockReleased is published only if Orders waits for it.
    public Task Handle(OrderCancelled message, IMessageHandlerContext context) => Release(
        message.OrderId, ReservationTrigger.OrderCancelled, publishForTombstone: CancellationRules.MustBeAnswered(message.Reason), context);

    public Task Handle(PaymentFailed message, IMessageHandlerContext context) =>
        Release(message.OrderId, ReservationTrigger.PaymentFailed, publishForTombstone: true, context);

    private async Task Release(long orderId, ReservationTrigger trigger, bool publishForTombstone, IMessageHandlerContext context)
    {
        var (sql, now) = (context.Sql(), time.GetUtcNow());
        if (await Reservations.TryInsertTombstone(sql, orderId, trigger, now))
        {
            logger.LogInformation(
                LogEvents.CancelledFirst, "Order {OrderId} was cancelled, or its payment failed, before OrderPlaced arrived", orderId);
            if (!publishForTombstone)
            {
                return;
            }
        }
        else if (await Reservations.TryMove(sql, orderId, trigger, now) is not null)
        {
            await stock.LockAndRestore(sql, orderId);
        }
        else
        {
            logger.LogInformation(LogEvents.NothingToDo, "Order {OrderId} has no reserved stock to release", orderId);
            return;
        }

        await context.Publish(new StockReleased(orderId, now));
        logger.LogInformation(LogEvents.Released, "Stock released for order {OrderId}", orderId);
    }
}
