using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Users.ClosingAccount;

/// <summary>
/// Keeps for each order what decides whether it is final. Orders itself publishes no event for the end of a compensation, so it is
/// recognised as Orders recognises it: by what Products and Payments report of the stock and the money (decision 003). An order that is out
/// of stock holds neither; if it was cancelled first, its rejection is the answer about the stock. A failed payment of an order that was
/// confirmed is one that the provider captured after all: that money is back when it is refunded. Each event sets a mark of its own, so
/// their order does not matter.
/// </summary>
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

    // For want of stock nothing was reserved or charged. After every other cancellation, a declined payment's too, stock or money follows.
    public Task Handle(OrderCancelled message, IMessageHandlerContext context) => context.Sql().Execute(
        """
        INSERT INTO orders_of_users (order_id, cancelled, awaits_answers) VALUES (@OrderId, true, @awaitsAnswers)
        ON CONFLICT (order_id) DO UPDATE SET cancelled = true, awaits_answers = excluded.awaits_answers
        """,
        new { message.OrderId, awaitsAnswers = message.Reason != nameof(CancelReason.OUT_OF_STOCK) });

    public Task Handle(StockReleased message, IMessageHandlerContext context) => FreeStock(message.OrderId, context);

    public Task Handle(StockRejected message, IMessageHandlerContext context) => FreeStock(message.OrderId, context);

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

    private static Task<int> FreeStock(long orderId, IMessageHandlerContext context) => context.Sql().Execute(
        """
        INSERT INTO orders_of_users (order_id, stock_released) VALUES (@orderId, true)
        ON CONFLICT (order_id) DO UPDATE SET stock_released = true
        """,
        new { orderId });
}
