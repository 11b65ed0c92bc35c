namespace ShopSaga.Products.Reserving;

/// <summary>Everything that can move a reservation from one status to another.</summary>
internal enum ReservationTrigger
{
    OrderPlaced,

    /// <summary>At least one line of the placed order is short. Found in the transaction that created the reservation.</summary>
    ShortageFound,
    OrderConfirmed,
    OrderCancelled,
    PaymentFailed,
}
