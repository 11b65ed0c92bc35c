namespace ShopSaga.Products.Reserving;

/// <summary>What can trigger a transition of a reservation.</summary>
internal enum ReservationTrigger
{
    OrderPlaced,

    /// <summary>At least one line of the placed order is short. Found in the transaction that created the reservation.</summary>
    ShortageFound,
    OrderConfirmed,
    OrderCancelled,
    PaymentFailed,
}
