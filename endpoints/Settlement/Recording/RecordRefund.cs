using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Settlement.Recording;

/// <summary>Money was given back: it counts on the day it was given back, apart from what was taken.</summary>
internal sealed class RecordRefund(Ledger ledger) : IHandleMessages<PaymentRefunded>
{
    public Task Handle(PaymentRefunded message, IMessageHandlerContext context) =>
        ledger.Record(context.Sql(), Ledger.Refund, message.PaymentId, message.OrderId, message.Amount, message.RefundedAt);
}
