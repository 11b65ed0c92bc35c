using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;
using ShopSaga.Products.Reserving;

namespace ShopSaga.Products.Committing;

/// <summary>The order is paid: what was set aside for it has left the stock for good, unless it was cancelled meanwhile.</summary>
internal sealed class CommitStock(TimeProvider time, ILogger<CommitStock> logger) : IHandleMessages<OrderConfirmed>
{
    public async Task Handle(OrderConfirmed message, IMessageHandlerContext context)
    {
        var now = time.GetUtcNow();
        if (!await Reservations.TryMove(context.Sql(), message.OrderId, message, now))
        {
            logger.LogInformation(LogEvents.NothingToDo, "Order {OrderId} holds no stock to commit", message.OrderId);
            return;
        }

        await context.Publish(new StockCommitted(message.OrderId, now));
        logger.LogInformation(LogEvents.Committed, "Stock committed for order {OrderId}", message.OrderId);
    }
}
