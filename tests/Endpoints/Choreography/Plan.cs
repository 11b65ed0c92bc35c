using FsCheck;
using FsCheck.Fluent;

namespace ShopSaga.Tests.Endpoints.Choreography;

/// <summary>What customers, provider, clock and bus do; together with the seed, all that is random.</summary>
/// <param name="Seed">Of the order of deliveries.</param>
/// <param name="Stock">Pieces of each product.</param>
/// <param name="Orders">What is ordered, at any moment.</param>
/// <param name="Copies">How many deliveries come twice.</param>
/// <param name="BadLine">Whether requests to the provider, and its answers, get lost.</param>
/// <param name="TimePasses">Whether the time of all orders that are open is over at some moment.</param>
internal sealed record Plan(int Seed, int[] Stock, OrderPlan[] Orders, int Copies, bool BadLine, bool TimePasses)
{
    private const int Products = 2;
    private static readonly string[] Methods =
        ["CARD", "CARD", "CARD_DECLINED", "CARD_FLAKY", "CARD_TIMEOUT_CHARGED", "CARD_TIMEOUT_LOST", "CARD_REFUND_FLAKY"];


    private static readonly Gen<OrderLinePlan> Line =
        from product in Gen.Choose(0, Products - 1)
        from quantity in Gen.Choose(1, 3)
        select new OrderLinePlan(product, quantity);

    private static readonly Gen<OrderPlan> Order =
        from method in Gen.Elements(Methods)
        from lines in Line.NonEmptyListOf()
        from cancelledBy in Gen.Elements(Canceller.None, Canceller.Customer, Canceller.Shop, Canceller.Customer | Canceller.Shop)
        select new OrderPlan(method, [.. lines.Take(3).DistinctBy(line => line.Product)], cancelledBy);

    /// <summary>Plans, the smaller of which fail first when one fails: fewer orders, fewer copies, a good line, no expiry.</summary>
    public static Arbitrary<Plan> Any { get; } = Arb.From(
        from seed in Gen.Choose(0, int.MaxValue - 1)
        from stock in Gen.Choose(0, 6).ArrayOf(Products)
        from orders in Gen.Choose(1, 4).SelectMany(count => Order.ArrayOf(count))
        from copies in Gen.Choose(0, 15)
        from badLine in Gen.Elements(true, false)
        from timePasses in Gen.Frequency((3, Gen.Constant(false)), (1, Gen.Constant(true)))
        select new Plan(seed, stock, orders, copies, badLine, timePasses),
        Smaller);

    public override string ToString() =>
        $"{nameof(Plan)} {{ Seed = {Seed}, Stock = [{string.Join(", ", Stock)}], Copies = {Copies}, BadLine = {BadLine}, "
        + $"TimePasses = {TimePasses}, Orders = [{string.Join("; ", Orders.Select(order => order.ToString()))}] }}";

    private static IEnumerable<Plan> Smaller(Plan plan) =>
    [
        .. plan.Orders
            .Select((_, index) => plan with { Orders = [.. plan.Orders[..index], .. plan.Orders[(index + 1)..]] })
            .Where(smaller => smaller.Orders.Length > 0),
        .. plan.Copies > 0 ? new[] { plan with { Copies = 0 }, plan with { Copies = plan.Copies - 1 } } : [],
        .. plan.BadLine ? new[] { plan with { BadLine = false } } : [],
        .. plan.TimePasses ? new[] { plan with { TimePasses = false } } : [],
    ];
}

internal sealed record OrderPlan(string PaymentMethod, OrderLinePlan[] Lines, Canceller CancelledBy)
{
    public override string ToString()
    {
        var lines = string.Join('+', Lines.Select(line => $"{line.Quantity}×{line.Product}"));
        return $"{PaymentMethod} {lines}{(CancelledBy is Canceller.None ? "" : $" cancelled by {CancelledBy}")}";
    }
}

/// <summary>Who cancels: the customer at any moment, the shop at any moment after the payment.</summary>
[Flags]
internal enum Canceller
{
    None = 0,
    Customer = 1,
    Shop = 2,
}

internal sealed record OrderLinePlan(int Product, int Quantity);
