using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Products.Reserving;

/// <summary>Reserves all lines of a placed order, or none. An order that was cancelled before it arrived gets nothing.</summary>
internal sealed class ReserveStockHandler(StockRows stock, TimeProvider time, ILogger<ReserveStockHandler> logger)
    : IHandleMessages<OrderPlaced>
{
    public async Task Handle(OrderPlaced message, IMessageHandlerContext context)
    {
        var (sql, now) = (context.Sql(), time.GetUtcNow());
        if (await Reservations.TryInsertWithLines(sql, message, now) is not { } available)
        {
            logger.LogInformation(LogEvents.NothingToDo, "Order {OrderId} has a reservation already", message.OrderId);
            return;
        }

        List<Shortage> shortages =
        [
            .. from line in message.Lines
               let units = available.GetValueOrDefault(line.ProductId)
               where units < line.Quantity
               select new Shortage(line.ProductId, line.Quantity, units)
        ];
        if (shortages.Count > 0)
        {
            await Reservations.TryMove(sql, message.OrderId, ReservationTrigger.ShortageFound, now);
            await context.Publish(new StockRejected(message.OrderId, shortages));
            logger.LogInformation(LogEvents.Rejected, "Stock rejected for order {OrderId}: {Shortages}", message.OrderId, shortages);
            return;
        }

        await stock.Decrement(sql, message.OrderId);
        await context.Publish(new StockReserved(message.OrderId, now));
        logger.LogInformation(LogEvents.Reserved, "Stock reserved for order {OrderId}", message.OrderId);
    }
}
