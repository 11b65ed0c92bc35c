namespace Smoke.Contracts.Commands;

internal sealed class PlaceOrder
{
    public Guid OrderId { get; set; }

    public string Customer { get; set; } = "";

    public decimal Amount { get; set; }
}

internal sealed class BillOrder
{
    public Guid OrderId { get; set; }

    public decimal Amount { get; set; }
}

internal sealed class FailOrder
{
    public Guid OrderId { get; set; }

    public string Reason { get; set; } = "";
}
