using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Products.Reserving;

/// <summary>An order was placed: set all its lines aside, or none. One that was cancelled before it arrived gets nothing.</summary>
internal sealed class ReserveStock(Shelf shelf, TimeProvider time, ILogger<ReserveStock> logger) : IHandleMessages<OrderPlaced>
{
    public async Task Handle(OrderPlaced message, IMessageHandlerContext context)
    {
        var (sql, now) = (context.Sql(), time.GetUtcNow());
        if (!await Reservations.TryDecide(sql, message.OrderId, Reservations.Reserved, now))
        {
            logger.LogInformation(LogEvents.NothingToDo, "Order {OrderId} was decided before it arrived", message.OrderId);
            return;
        }

        var available = await shelf.Look(sql, message);
        List<Shortage> shortages =
        [
            .. from line in message.Lines
               let pieces = available.GetValueOrDefault(line.ProductId)
               where pieces < line.Quantity
               select new Shortage(line.ProductId, line.Quantity, pieces)
        ];
        if (shortages.Count > 0)
        {
            await Reservations.Reject(sql, message.OrderId, now);
            await context.Publish(new StockRejected(message.OrderId, shortages));
            logger.LogInformation(LogEvents.Rejected, "Stock rejected for order {OrderId}: {Shortages}", message.OrderId, shortages);
            return;
        }

        await shelf.Take(sql, message.OrderId);
        await context.Publish(new StockReserved(message.OrderId, now));
        logger.LogInformation(LogEvents.Reserved, "Stock reserved for order {OrderId}", message.OrderId);
    }
}
