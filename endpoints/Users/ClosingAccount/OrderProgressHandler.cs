using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Users.ClosingAccount;

/// <summary>
/// Records, for each order, the events that decide whether it is final. Each sets a column of its own, so their order does not matter:
/// <list type="bullet">
/// <item><see cref="OrderConfirmed"/>: paid.</item>
/// <item><see cref="OrderCancelled"/>: cancelled. Its compensation is awaited, except for the reason OUT_OF_STOCK.</item>
/// <item><see cref="StockReleased"/>, <see cref="StockRejected"/>: no stock is reserved any more, or none was.</item>
/// <item><see cref="PaymentRefunded"/>: the money is refunded.</item>
/// <item><see cref="PaymentFailed"/>: nothing was captured. If the order was confirmed all the same, the provider captured after all, and
/// only the refund ends that.</item>
/// </list>
/// </summary>
/// <remarks>
/// Orders publishes no event for the end of a compensation. So Users recognises it as Orders does: by what Products and Payments report
/// (docs/decisions/003-every-cancellation-is-answered.md).
/// </remarks>
internal sealed class OrderProgressHandler :
    IHandleMessages<OrderPlaced>,
    IHandleMessages<OrderConfirmed>,
    IHandleMessages<OrderCancelled>,
    IHandleMessages<StockReleased>,
    IHandleMessages<StockRejected>,
    IHandleMessages<PaymentFailed>,
    IHandleMessages<PaymentRefunded>
{
    public Task Handle(OrderPlaced message, IMessageHandlerContext context) => context.Sql().Execute(
        """
        INSERT INTO orders_of_users (order_id, user_id) VALUES (@OrderId, @UserId)
        ON CONFLICT (order_id) DO UPDATE SET user_id = excluded.user_id
        """,
        new { message.OrderId, message.UserId });

    public Task Handle(OrderConfirmed message, IMessageHandlerContext context) => context.Sql().Execute(
        """
        INSERT INTO orders_of_users (order_id, confirmed) VALUES (@OrderId, true)
        ON CONFLICT (order_id) DO UPDATE SET confirmed = true
        """,
        new { message.OrderId });

    // Out of stock: nothing was reserved or charged. After any other cancellation, StockReleased is due, and PaymentRefunded, or
    // PaymentFailed where nothing was captured. That is more than CancellationRules.MustBeAnswered, which leaves out declined payments:
    // Products releases their stock because of PaymentFailed.
    public Task Handle(OrderCancelled message, IMessageHandlerContext context) => context.Sql().Execute(
        """
        INSERT INTO orders_of_users (order_id, cancelled, awaits_answers) VALUES (@OrderId, true, @awaitsCompensation)
        ON CONFLICT (order_id) DO UPDATE SET cancelled = true, awaits_answers = excluded.awaits_answers
        """,
        new { message.OrderId, awaitsCompensation = message.Reason != nameof(CancelReason.OUT_OF_STOCK) });

    public Task Handle(StockReleased message, IMessageHandlerContext context) => MarkStockReleased(message.OrderId, context);

    public Task Handle(StockRejected message, IMessageHandlerContext context) => MarkStockReleased(message.OrderId, context);

    public Task Handle(PaymentFailed message, IMessageHandlerContext context) => context.Sql().Execute(
        """
        INSERT INTO orders_of_users (order_id, payment_failed) VALUES (@OrderId, true)
        ON CONFLICT (order_id) DO UPDATE SET payment_failed = true
        """,
        new { message.OrderId });

    public Task Handle(PaymentRefunded message, IMessageHandlerContext context) => context.Sql().Execute(
        """
        INSERT INTO orders_of_users (order_id, money_settled) VALUES (@OrderId, true)
        ON CONFLICT (order_id) DO UPDATE SET money_settled = true
        """,
        new { message.OrderId });

    private static Task<int> MarkStockReleased(long orderId, IMessageHandlerContext context) => context.Sql().Execute(
        """
        INSERT INTO orders_of_users (order_id, stock_released) VALUES (@orderId, true)
        ON CONFLICT (order_id) DO UPDATE SET stock_released = true
        """,
        new { orderId });
}
