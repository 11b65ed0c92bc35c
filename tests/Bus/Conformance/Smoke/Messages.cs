namespace Smoke.Contracts.Messages;

internal sealed class BillOrderReply
{
    public Guid OrderId { get; set; }

    public string InvoiceNo { get; set; } = "";
}
