using System.Globalization;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;
using ShopSaga.Payments.Lifecycle;

namespace ShopSaga.Payments.Charging;

/// <summary>
/// Charges an order once it is placed and its stock is reserved, in either order of arrival, and never after it was rejected or cancelled.
/// When an order is cancelled, compensates its payment, if there is one: the charge is prevented, voided or refunded (<see
/// cref="Compensation"/>). The saga never completes: it is the tombstone that makes late and repeated messages harmless.
/// </summary>
/// <remarks>
/// Completing together with the payment would lose a race. A cancellation reads that there is neither saga nor payment; before it writes,
/// both are created and the saga completes; the cancellation then answers that nothing was charged. While the saga stays, the insert of
/// that cancellation fails on the unique correlation id, and the cancellation is handled again.
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
        if (await Payment.LockByOrder(context.Sql(), message.OrderId) is { } payment)
        {
            await payment.Compensate(context, time, logger);
            return;
        }

        if (!Data.Cancelled && CancellationRules.MustBeAnswered(message.Reason))
        {
            await context.Publish(new PaymentFailed(message.OrderId, PaymentFailureReason.OrderCancelled, time.GetUtcNow()));
            logger.LogInformation(LogEvents.NeverCharged, "Order {OrderId} is cancelled and will not be charged", message.OrderId);
        }

        Data.Cancelled = true;
    }

    protected override void ConfigureHowToFindSaga(SagaPropertyMapper<State> mapper) => mapper
        .MapSaga(saga => saga.OrderId)
        .ToMessage<OrderPlaced>(message => CorrelationId(message.OrderId))
        .ToMessage<StockReserved>(message => CorrelationId(message.OrderId))
        .ToMessage<StockRejected>(message => CorrelationId(message.OrderId))
        .ToMessage<OrderCancelled>(message => CorrelationId(message.OrderId));

    // A string: the column of an integer would have 32 bits only.
    private static string CorrelationId(long orderId) => orderId.ToString(CultureInfo.InvariantCulture);

    private async Task ChargeWhenAllowed(long orderId, IMessageHandlerContext context)
    {
        if (Data is not { Due: { } due, Reserved: true, Rejected: false, Cancelled: false })
        {
            return;
        }

        // If the events are handled again, the order has a payment already: ON CONFLICT leaves it as it is.
        var status = Transitions.Next(null, PaymentTrigger.ChargeAllowed);
        var paymentId = await context.Sql().QuerySingleOrDefault<long?>(
            """
            INSERT INTO payments (order_id, user_id, amount, payment_method, status, created_at)
            VALUES (@orderId, @UserId, @Amount, @PaymentMethod, @status, @now)
            ON CONFLICT (order_id) DO NOTHING
            RETURNING id
            """,
            new { orderId, due.UserId, due.Amount, due.PaymentMethod, status = status.ToString(), now = time.GetUtcNow() });
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
