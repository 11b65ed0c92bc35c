namespace ShopSaga.Settlement.Reporting;

/// <summary>Captures and refunds of a period.</summary>
/// <param name="TotalAmount">Won captured, gross.</param>
/// <param name="PaymentCount">Captured payments.</param>
/// <param name="RefundAmount">Won refunded in the period, whenever it was captured.</param>
/// <param name="RefundCount">Refunded payments.</param>
internal sealed record Totals(long TotalAmount, long PaymentCount, long RefundAmount, long RefundCount)
{
    public static readonly Totals Zero = new(0, 0, 0, 0);

    /// <exception cref="OverflowException">Rather than a wrong sum.</exception>
    public long NetAmount => checked(TotalAmount - RefundAmount);

    public static Totals operator +(Totals one, Totals other) => new(
        checked(one.TotalAmount + other.TotalAmount),
        one.PaymentCount + other.PaymentCount,
        checked(one.RefundAmount + other.RefundAmount),
        one.RefundCount + other.RefundCount);
}
