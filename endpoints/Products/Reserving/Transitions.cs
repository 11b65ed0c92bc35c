using static ShopSaga.Products.Reserving.ReservationStatus;
using static ShopSaga.Products.Reserving.ReservationTrigger;

namespace ShopSaga.Products.Reserving;

/// <summary>The table of transitions of a reservation.</summary>
internal static class Transitions
{
    /// <summary>The status that the trigger leads to, or null where the status stays.</summary>
    /// <param name="status">The current status; null before there is a reservation.</param>
    /// <param name="trigger">What happened.</param>
    /// <exception cref="InvalidOperationException">The table does not list the pair: a sender broke the protocol.</exception>
    public static ReservationStatus? Next(ReservationStatus? status, ReservationTrigger trigger) => (status, trigger) switch
    {
        (null, OrderPlaced) => RESERVED,
        (null, OrderCancelled or PaymentFailed) => RELEASED,
        (RESERVED, ShortageFound) => REJECTED,
        (RESERVED, OrderConfirmed) => COMMITTED,
        (RESERVED or COMMITTED, OrderCancelled) => RELEASED,
        (RESERVED, PaymentFailed) => RELEASED,

        // Handled again, or overtaken by a cancellation.
        (not null, OrderPlaced) => null,
        (COMMITTED or RELEASED, OrderConfirmed) => null,
        (REJECTED or RELEASED, OrderCancelled or PaymentFailed) => null,

        // The provider declined and captured after all, and the order was confirmed first. OrderCancelled follows with the refund.
        (COMMITTED, PaymentFailed) => null,

        _ => throw new InvalidOperationException($"{trigger} cannot happen to a reservation that is {status?.ToString() ?? "not there"}."),
    };
}
