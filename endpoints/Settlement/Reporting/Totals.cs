namespace ShopSaga.Settlement.Reporting;

/// <summary>What was taken and given back in a time.</summary>
/// <param name="TotalAmount">Won taken, gross.</param>
/// <param name="PaymentCount">Payments taken.</param>
/// <param name="RefundAmount">Won given back in that time, whenever it was taken.</param>
/// <param name="RefundCount">Payments given back.</param>
internal sealed record Totals(long TotalAmount, long PaymentCount, long RefundAmount, long RefundCount)
{
    /// <summary>Nothing happened.</summary>
    public static readonly Totals Zero = new(0, 0, 0, 0);

    /// <summary>What is left.</summary>
    public long NetAmount => checked(TotalAmount - RefundAmount);

    public static Totals operator +(Totals one, Totals other) => new(
        checked(one.TotalAmount + other.TotalAmount),
        one.PaymentCount + other.PaymentCount,
        checked(one.RefundAmount + other.RefundAmount),
        one.RefundCount + other.RefundCount);
}
