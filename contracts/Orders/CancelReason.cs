namespace ShopSaga.Contracts.Orders;

#pragma warning disable CA1707 // The names are used on the wire, in JSON responses and in Orders' database.

/// <summary>Why an order was cancelled: the values of <see cref="OrderCancelled.Reason"/>.</summary>
public enum CancelReason
{
    /// <summary>Products rejected the order: at least one line was short.</summary>
    OUT_OF_STOCK,

    /// <summary>Payments did not get the money.</summary>
    PAYMENT_DECLINED,

    /// <summary>The order was still PENDING at its expiry.</summary>
    EXPIRED,

    /// <summary>The customer cancelled it.</summary>
    CUSTOMER,

    /// <summary>The shop refunded the payment.</summary>
    SHOP,
}
