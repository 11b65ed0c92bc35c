using System.Globalization;

namespace ShopSaga.Contracts.Payments;

/// <summary>
/// What the payment provider calls an order, <c>order-{id}</c>: the idempotency key under which Payments charges it, and the reference in
/// the provider's statements by which the reconciliation finds it.
/// </summary>
public static class ChargeReference
{
    private const string Prefix = "order-";

    /// <summary>The reference of an order.</summary>
    public static string Of(long orderId) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{orderId}");

    /// <summary>The order of a reference; null for a reference that Payments did not make.</summary>
    public static long? OrderOf(string reference) =>
        reference.StartsWith(Prefix, StringComparison.Ordinal)
        && long.TryParse(reference.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var orderId)
            ? orderId
            : null;
}
