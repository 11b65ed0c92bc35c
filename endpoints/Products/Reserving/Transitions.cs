using static ShopSaga.Products.Reserving.ReservationStatus;
using static ShopSaga.Products.Reserving.ReservationTrigger;

namespace ShopSaga.Products.Reserving;

/// <summary>The one table of how a reservation's status changes.</summary>
internal static class Transitions
{
    /// <summary>The status that follows when something happens to a reservation, or null where nothing changes.</summary>
    /// <param name="status">Where the reservation stands; null before there is one.</param>
    /// <param name="trigger">What happens.</param>
    /// <exception cref="InvalidOperationException">This cannot happen to such a reservation: another service broke its promise.</exception>
    public static ReservationStatus? Next(ReservationStatus? status, ReservationTrigger trigger) => (status, trigger) switch
    {
        (null, OrderPlaced) => RESERVED,
        (null, OrderCancelled or PaymentFailed) => RELEASED,
        (RESERVED, ShortageFound) => REJECTED,
        (RESERVED, OrderConfirmed) => COMMITTED,
        (RESERVED or COMMITTED, OrderCancelled) => RELEASED,
        (RESERVED, PaymentFailed) => RELEASED,

        // Heard again, or overtaken by a cancellation.
        (not null, OrderPlaced) => null,
        (COMMITTED or RELEASED, OrderConfirmed) => null,
        (REJECTED or RELEASED, OrderCancelled or PaymentFailed) => null,

        // The provider declined and captured after all, and the order was confirmed first. OrderCancelled follows with the refund.
        (COMMITTED, PaymentFailed) => null,

        _ => throw new InvalidOperationException($"{trigger} cannot happen to a reservation that is {status?.ToString() ?? "not there"}."),
    };
}
