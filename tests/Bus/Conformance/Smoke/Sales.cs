using ShopSaga.Tests.Bus.Conformance;
using ShopSaga.Tests.Bus.Support;
using Smoke.Contracts.Commands;
using Smoke.Contracts.Events;
using Smoke.Contracts.Messages;

internal sealed class PlaceOrderHandler(Seen<string> seen) : IHandleMessages<PlaceOrder>
{
    public async Task Handle(PlaceOrder message, IMessageHandlerContext context)
    {
        seen.Add($"PlaceOrder {context.MessageId}");
        await context.Execute("insert into orders values (@OrderId, @Customer, @Amount)", message);
        await context.Publish(new OrderAccepted
        {
            OrderId = message.OrderId,
            Customer = message.Customer,
            Amount = message.Amount,
            AcceptedAt = TimeProvider.System.GetUtcNow(),
        });
    }
}

internal sealed class FailOrderHandler(Seen<string> seen) : IHandleMessages<FailOrder>
{
    public Task Handle(FailOrder message, IMessageHandlerContext context)
    {
        seen.Add($"FailOrder {context.MessageId}");
        throw new InvalidOperationException($"cannot process order: {message.Reason}");
    }
}

internal sealed class BillingTimeout;

internal sealed class OrderSagaData : ContainSagaData
{
    public Guid OrderId { get; set; }

    public bool Billed { get; set; }

    public decimal Amount { get; set; }
}

internal sealed class OrderSaga(SmokeNames names, Seen<string> seen) :
    Saga<OrderSagaData>,
    IAmStartedByMessages<OrderAccepted>,
    IHandleMessages<BillOrderReply>,
    IHandleMessages<OrderBilled>,
    IHandleTimeouts<BillingTimeout>
{
    public async Task Handle(OrderAccepted message, IMessageHandlerContext context)
    {
        await Saw(nameof(OrderAccepted), context);
        Data.Amount = message.Amount;
        await context.Send(names.Billing, new BillOrder { OrderId = message.OrderId, Amount = message.Amount });
        await RequestTimeout<BillingTimeout>(context, TimeSpan.FromSeconds(4));
    }

    public Task Handle(BillOrderReply message, IMessageHandlerContext context) => Saw(nameof(BillOrderReply), context);

    public Task Handle(OrderBilled message, IMessageHandlerContext context)
    {
        Data.Billed = true;
        return Saw(nameof(OrderBilled), context);
    }

    public Task Timeout(BillingTimeout state, IMessageHandlerContext context) => Saw(nameof(BillingTimeout), context);

    protected override void ConfigureHowToFindSaga(SagaPropertyMapper<OrderSagaData> mapper) =>
        mapper.MapSaga(saga => saga.OrderId)
            .ToMessage<OrderAccepted>(message => message.OrderId)
            .ToMessage<OrderBilled>(message => message.OrderId);

    private Task Saw(string message, IMessageHandlerContext context)
    {
        seen.Add($"{message} {context.MessageId} by {Data.Id}");
        return Task.CompletedTask;
    }
}

internal sealed class PgReachable() : CustomCheck("pg-reachable", "Database", TimeSpan.FromSeconds(15))
{
    public override Task<CheckResult> PerformCheck(CancellationToken cancellationToken = default) => CheckResult.Failed("demo failure");
}
