using ShopSaga.Products.Reserving;
using static ShopSaga.Products.Reserving.ReservationStatus;
using static ShopSaga.Products.Reserving.ReservationTrigger;

namespace ShopSaga.Tests.Unit.Products;

internal sealed class When_a_reservation_changes_status
{
    private static readonly Dictionary<(ReservationStatus? From, ReservationTrigger Trigger), ReservationStatus> Moves = new()
    {
        [(null, OrderPlaced)] = RESERVED,
        [(null, OrderCancelled)] = RELEASED,
        [(null, PaymentFailed)] = RELEASED,
        [(RESERVED, ShortageFound)] = REJECTED,
        [(RESERVED, OrderConfirmed)] = COMMITTED,
        [(RESERVED, OrderCancelled)] = RELEASED,
        [(RESERVED, PaymentFailed)] = RELEASED,
        [(COMMITTED, OrderCancelled)] = RELEASED,
    };

    private static readonly HashSet<(ReservationStatus? From, ReservationTrigger Trigger)> Ignored =
    [
        (RESERVED, OrderPlaced), (REJECTED, OrderPlaced), (COMMITTED, OrderPlaced), (RELEASED, OrderPlaced),
        (COMMITTED, OrderConfirmed), (RELEASED, OrderConfirmed),
        (REJECTED, OrderCancelled), (RELEASED, OrderCancelled),
        (REJECTED, PaymentFailed), (RELEASED, PaymentFailed), (COMMITTED, PaymentFailed),
    ];

    [Test]
    public void Should_move_or_stay_as_the_table_says_and_refuse_everything_else(
        [Values(null, RESERVED, REJECTED, COMMITTED, RELEASED)] ReservationStatus? from, [Values] ReservationTrigger trigger)
    {
        if (Moves.TryGetValue((from, trigger), out var to))
        {
            Assert.That(Transitions.Next(from, trigger), Is.EqualTo(to));
        }
        else if (Ignored.Contains((from, trigger)))
        {
            Assert.That(Transitions.Next(from, trigger), Is.Null);
        }
        else
        {
            Assert.That(
                () => Transitions.Next(from, trigger),
                Throws.InvalidOperationException.With.Message.Contains(
                    $"{trigger} cannot happen to a reservation that is {from?.ToString() ?? "not there"}"));
        }
    }

    [Test]
    public void Should_refuse_a_state_that_is_not_in_the_table() => Assert.That(
        () => Transitions.Next((ReservationStatus)99, OrderCancelled), Throws.InvalidOperationException.With.Message.Contains("99"));
}
