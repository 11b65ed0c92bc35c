using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Products.Reserving;

namespace ShopSaga.Tests.Unit.Products;

internal sealed class ReservationTests
{
    private static readonly OrderConfirmed Confirmed = new(1, 2, default);
    private static readonly OrderCancelled Cancelled = new(1, "CUSTOMER", default);
    private static readonly PaymentFailed Failed = new(1, "DECLINED", default);

    private static IEnumerable<TestCaseData> Transitions()
    {
        yield return new("RESERVED", Confirmed, "COMMITTED");
        yield return new("RESERVED", Cancelled, "RELEASED");
        yield return new("RESERVED", Failed, "RELEASED");
        yield return new("COMMITTED", Cancelled, "RELEASED");
        yield return new("COMMITTED", Confirmed, "COMMITTED");
        yield return new("RELEASED", Confirmed, "RELEASED");
        yield return new("RELEASED", Cancelled, "RELEASED");
        yield return new("RELEASED", Failed, "RELEASED");
        yield return new("REJECTED", Cancelled, "REJECTED");
        yield return new("REJECTED", Failed, "REJECTED");
    }

    private static IEnumerable<TestCaseData> Contradictions()
    {
        yield return new("REJECTED", Confirmed);
        yield return new("COMMITTED", Failed);
        yield return new("LOST", Cancelled);
        yield return new("RESERVED", "not an event");
    }

    [TestCaseSource(nameof(Transitions))]
    public void Should_move_a_reservation(string state, object happened, string next) =>
        Assert.That(Reservations.After(state, happened), Is.EqualTo(next));

    [TestCaseSource(nameof(Contradictions))]
    public void Should_refuse_what_cannot_have_happened(string state, object happened) =>
        Assert.That(() => Reservations.After(state, happened), Throws.InvalidOperationException.With.Message.Contains(state));
}
