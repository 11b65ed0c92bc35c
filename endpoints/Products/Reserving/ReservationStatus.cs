namespace ShopSaga.Products.Reserving;

/// <summary>The statuses of a reservation; spelled as in the database.</summary>
internal enum ReservationStatus
{
    /// <summary>Every line of the order is reserved.</summary>
    RESERVED,

    /// <summary>At least one line was short, so nothing is reserved.</summary>
    REJECTED,

    /// <summary>The order is paid, and its units are sold; only a cancellation still releases them.</summary>
    COMMITTED,

    /// <summary>
    /// The order is cancelled, or its payment failed, and nothing is reserved. Without lines it is a tombstone: that message came before
    /// OrderPlaced.
    /// </summary>
    RELEASED,
}
