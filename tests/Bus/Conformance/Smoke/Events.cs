namespace Smoke.Contracts.Events;

internal interface IOrderEvent
{
    Guid OrderId { get; }
}

internal sealed class OrderAccepted : IOrderEvent
{
    public Guid OrderId { get; set; }

    public string Customer { get; set; } = "";

    public decimal Amount { get; set; }

    public DateTimeOffset AcceptedAt { get; set; }
}

internal sealed class OrderBilled : IOrderEvent
{
    public Guid OrderId { get; set; }

    public string InvoiceNo { get; set; } = "";
}
