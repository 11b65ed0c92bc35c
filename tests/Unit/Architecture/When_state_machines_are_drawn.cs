using System.Text.RegularExpressions;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Payments.Lifecycle;
using ShopSaga.Products.Reserving;
using OrderTransitions = ShopSaga.Orders.Lifecycle.Transitions;
using PaymentTransitions = ShopSaga.Payments.Lifecycle.Transitions;
using ReservationTransitions = ShopSaga.Products.Reserving.Transitions;

namespace ShopSaga.Tests.Unit.Architecture;

/// <summary>The state diagrams of docs/architecture.md against the tables of transitions.</summary>
public partial class When_state_machines_are_drawn
{
    private const string Document = "docs/architecture.md";

    [Test]
    public void Should_draw_the_transitions_of_an_order()
    {
        HashSet<OrderTrigger>[] histories = [[], [.. Enum.GetValues<OrderTrigger>()]];

        Assert.That(Drawn("Order"), Is.EquivalentTo(histories.SelectMany(history => Arrows<OrderStatus, OrderTrigger>(
            (status, trigger) =>
                OrderTransitions.Next(status, trigger, new HashSet<OrderTrigger>(history) { trigger })?.Status)).Distinct()));
    }

    [Test]
    public void Should_draw_the_transitions_of_a_payment() =>
        Assert.That(Drawn("Payment"), Is.EquivalentTo(Arrows<PaymentStatus, PaymentTrigger>(PaymentTransitions.Next)));

    [Test]
    public void Should_draw_the_transitions_of_a_reservation() =>
        Assert.That(Drawn("Reservation"), Is.EquivalentTo(Arrows<ReservationStatus, ReservationTrigger>(ReservationTransitions.Next)));

    private static IEnumerable<string> Drawn(string machine) =>
        from Match arrow in Arrow().Matches(Repository.Read(Document).Split($"### {machine}\n")[1].Split("\n#")[0])
        select arrow.Value.Trim();

    private static IEnumerable<string> Arrows<TStatus, TTrigger>(Func<TStatus?, TTrigger, TStatus?> next)
        where TStatus : struct, Enum
        where TTrigger : struct, Enum =>
        from status in Enum.GetValues<TStatus>().Select(status => (TStatus?)status).Prepend(null)
        from trigger in Enum.GetValues<TTrigger>()
        let after = NextOrNull(next, status, trigger)
        where after is not null && !after.Equals(status)
        select $"{status?.ToString() ?? "[*]"} --> {after}: {trigger}";

    private static TStatus? NextOrNull<TStatus, TTrigger>(Func<TStatus?, TTrigger, TStatus?> next, TStatus? status, TTrigger trigger)
        where TStatus : struct
    {
        try
        {
            return next(status, trigger);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^ +\S+ --> \S+: \w+$", RegexOptions.Multiline)]
    private static partial Regex Arrow();
}
