using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Settlement.Entering;

/// <summary>Enters a captured payment in the ledger, on the day of the capture.</summary>
internal sealed class EnterCaptureHandler(Ledger ledger) : IHandleMessages<PaymentCompleted>
{
    public Task Handle(PaymentCompleted message, IMessageHandlerContext context) =>
        ledger.Enter(context.Sql(), EntryType.Capture, message.PaymentId, message.OrderId, message.Amount, message.CompletedAt);
}
