using ShopSaga.Tests.Bus.Support;
using Smoke.Contracts.Commands;
using Smoke.Contracts.Events;
using Smoke.Contracts.Messages;

/// <summary>Hears of every event of an order by the interface that they share.</summary>
internal sealed class OrderEventHandler(Seen<string> seen) : IHandleMessages<IOrderEvent>
{
    public Task Handle(IOrderEvent message, IMessageHandlerContext context)
    {
        seen.Add($"{message.GetType().Name} {context.MessageId}");
        return Task.CompletedTask;
    }
}

internal sealed class BillOrderHandler : IHandleMessages<BillOrder>
{
    public async Task Handle(BillOrder message, IMessageHandlerContext context)
    {
        await context.Reply(new BillOrderReply { OrderId = message.OrderId, InvoiceNo = "INV-1" });
        await context.Publish(new OrderBilled { OrderId = message.OrderId, InvoiceNo = "INV-1" });
    }
}
