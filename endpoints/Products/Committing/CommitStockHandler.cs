using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;
using ShopSaga.Products.Reserving;

namespace ShopSaga.Products.Committing;

/// <summary>Commits the reserved stock of a paid order, unless the order was cancelled meanwhile.</summary>
internal sealed class CommitStockHandler(TimeProvider time, ILogger<CommitStockHandler> logger) : IHandleMessages<OrderConfirmed>
{
    public async Task Handle(OrderConfirmed message, IMessageHandlerContext context)
    {
        var now = time.GetUtcNow();
        if (await Reservations.TryMove(context.Sql(), message.OrderId, ReservationTrigger.OrderConfirmed, now) is null)
        {
            logger.LogInformation(LogEvents.NothingToDo, "Order {OrderId} has no reserved stock to commit", message.OrderId);
            return;
        }

        await context.Publish(new StockCommitted(message.OrderId, now));
        logger.LogInformation(LogEvents.Committed, "Stock committed for order {OrderId}", message.OrderId);
    }
}
