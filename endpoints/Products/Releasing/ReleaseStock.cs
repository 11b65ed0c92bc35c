using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;
using ShopSaga.Products.Reserving;

namespace ShopSaga.Products.Releasing;

/// <summary>The order will not happen: put back what was set aside for it. When nothing was decided yet, make sure that nothing will be.</summary>
internal sealed class ReleaseStock(Shelf shelf, TimeProvider time, ILogger<ReleaseStock> logger)
    : IHandleMessages<OrderCancelled>, IHandleMessages<PaymentFailed>
{
    // For the other reasons nobody waits: the order was rejected or released before it was cancelled.
    public Task Handle(OrderCancelled message, IMessageHandlerContext context) =>
        Release(message.OrderId, message, announceTombstone: CancelReasons.AwaitsCompensation(message.Reason), context);

    public Task Handle(PaymentFailed message, IMessageHandlerContext context) =>
        Release(message.OrderId, message, announceTombstone: true, context);

    private async Task Release(long orderId, object happened, bool announceTombstone, IMessageHandlerContext context)
    {
        var (sql, now) = (context.Sql(), time.GetUtcNow());
        if (await Reservations.TryDecide(sql, orderId, Reservations.Released, now))
        {
            logger.LogInformation(LogEvents.CancelledFirst, "Order {OrderId} is cancelled before it arrived", orderId);
            if (!announceTombstone)
            {
                return;
            }
        }
        else if (await Reservations.TryMove(sql, orderId, happened, now))
        {
            await shelf.PutBack(sql, orderId);
        }
        else
        {
            logger.LogInformation(LogEvents.NothingToDo, "Order {OrderId} holds no stock to release", orderId);
            return;
        }

        await context.Publish(new StockReleased(orderId, now));
        logger.LogInformation(LogEvents.Released, "Stock released for order {OrderId}", orderId);
    }
}
