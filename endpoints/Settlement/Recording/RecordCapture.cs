using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Settlement.Recording;

/// <summary>Money was taken: it counts on the day it was taken.</summary>
internal sealed class RecordCapture(Ledger ledger) : IHandleMessages<PaymentCompleted>
{
    public Task Handle(PaymentCompleted message, IMessageHandlerContext context) =>
        ledger.Record(context.Sql(), Ledger.Capture, message.PaymentId, message.OrderId, message.Amount, message.CompletedAt);
}
