using System.Globalization;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;
using ShopSaga.Payments.Refunding;

namespace ShopSaga.Payments.Charging;

/// <summary>
/// An order is charged when it was placed and its stock is reserved, in whatever order that becomes known, and never once it was rejected or
/// cancelled. The saga never completes: it is the tombstone that makes whatever arrives late, or again, harmless.
/// </summary>
/// <remarks>
/// Nor could it complete with the payment: a cancellation that found neither of the two would not notice that both came, and the saga went,
/// before it wrote; it would be answered that nothing was charged. A saga that stays makes its insert fail, and it is handled again.
/// </remarks>
internal sealed class PaymentPolicy(TimeProvider time, ILogger<PaymentPolicy> logger) :
    Saga<PaymentPolicy.State>,
    IAmStartedByMessages<OrderPlaced>,
    IAmStartedByMessages<StockReserved>,
    IAmStartedByMessages<StockRejected>,
    IAmStartedByMessages<OrderCancelled>
{
    public Task Handle(OrderPlaced message, IMessageHandlerContext context)
    {
        Data.Due = new Due(message.UserId, message.TotalAmount, message.PaymentMethod);
        return ChargeWhenAllowed(message.OrderId, context);
    }

    public Task Handle(StockReserved message, IMessageHandlerContext context)
    {
        Data.Reserved = true;
        return ChargeWhenAllowed(message.OrderId, context);
    }

    public Task Handle(StockRejected message, IMessageHandlerContext context)
    {
        Data.Rejected = true;
        logger.LogInformation(LogEvents.NeverCharged, "Order {OrderId} is out of stock and will not be charged", message.OrderId);
        return Task.CompletedTask;
    }

    public async Task Handle(OrderCancelled message, IMessageHandlerContext context)
    {
        if (await Payment.LockOfOrder(context.Sql(), message.OrderId) is { } payment)
        {
            await payment.ReverseForCancelledOrder(context, time, logger);
            return;
        }

        if (!Data.Cancelled && CancelReasons.AwaitsCompensation(message.Reason))
        {
            await context.Publish(new PaymentFailed(message.OrderId, PaymentFailureReason.OrderCancelled, time.GetUtcNow()));
            logger.LogInformation(LogEvents.NeverCharged, "Order {OrderId} is cancelled and will not be charged", message.OrderId);
        }

        Data.Cancelled = true;
    }

    protected override void ConfigureHowToFindSaga(SagaPropertyMapper<State> mapper) => mapper
        .MapSaga(saga => saga.OrderId)
        .ToMessage<OrderPlaced>(message => message.OrderId.ToString(CultureInfo.InvariantCulture))
        .ToMessage<StockReserved>(message => message.OrderId.ToString(CultureInfo.InvariantCulture))
        .ToMessage<StockRejected>(message => message.OrderId.ToString(CultureInfo.InvariantCulture))
        .ToMessage<OrderCancelled>(message => message.OrderId.ToString(CultureInfo.InvariantCulture));

    private async Task ChargeWhenAllowed(long orderId, IMessageHandlerContext context)
    {
        if (Data is not { Due: { } due, Reserved: true, Rejected: false, Cancelled: false })
        {
            return;
        }

        var paymentId = await context.Sql().QuerySingleOrDefault<long?>(
            """
            INSERT INTO payments (order_id, user_id, amount, payment_method, status, created_at)
            VALUES (@orderId, @UserId, @Amount, @PaymentMethod, @Pending, @now)
            ON CONFLICT (order_id) DO NOTHING
            RETURNING id
            """,
            new { orderId, due.UserId, due.Amount, due.PaymentMethod, PaymentStatus.Pending, now = time.GetUtcNow() });
        if (paymentId is { } id)
        {
            await context.SendLocal(new ChargePayment(id));
            logger.LogInformation(LogEvents.PaymentStarted, "Payment {PaymentId} of order {OrderId} begins", id, orderId);
        }
    }

    internal sealed class State : ContainSagaData
    {
        public string OrderId { get; set; } = "";

        public Due? Due { get; set; }

        public bool Reserved { get; set; }

        public bool Rejected { get; set; }

        public bool Cancelled { get; set; }
    }

    internal sealed record Due(long UserId, long Amount, string PaymentMethod);
}
