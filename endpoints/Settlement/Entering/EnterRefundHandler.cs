using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Settlement.Entering;

/// <summary>Enters a refund in the ledger, on the day of the refund, whenever the money was captured.</summary>
internal sealed class EnterRefundHandler(Ledger ledger) : IHandleMessages<PaymentRefunded>
{
    public Task Handle(PaymentRefunded message, IMessageHandlerContext context) =>
        ledger.Enter(context.Sql(), EntryType.Refund, message.PaymentId, message.OrderId, message.Amount, message.RefundedAt);
}
