using static ShopSaga.Products.Reserving.ReservationState;
using static ShopSaga.Products.Reserving.ReservationTrigger;

namespace ShopSaga.Products.Reserving;

/// <summary>The one table of how a reservation's state changes.</summary>
internal static class Transitions
{
    /// <summary>The state that follows when something happens to a reservation, or null where nothing changes.</summary>
    /// <param name="state">Where the reservation stands; null before there is one.</param>
    /// <param name="trigger">What happens.</param>
    /// <exception cref="InvalidOperationException">This cannot happen to such a reservation: another service broke its promise.</exception>
    public static ReservationState? Next(ReservationState? state, ReservationTrigger trigger) => (state, trigger) switch
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

        _ => throw new InvalidOperationException($"{trigger} cannot happen to a reservation that is {state?.ToString() ?? "not there"}."),
    };
}
