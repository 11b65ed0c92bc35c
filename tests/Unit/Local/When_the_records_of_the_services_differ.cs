using ShopSaga.Local.Verifying;

namespace ShopSaga.Tests.Unit.Local;

/// <summary>Breaks each invariant by one record, and only that record.</summary>
internal sealed class When_the_records_of_the_services_differ
{
    private const string Reservations = "every order has the reservation of its status";
    private const string Histories = "every order's history tells what happened to it";
    private const string Sagas = "every saga is in the state of its order";
    private const string Users = "Users takes every final order as final";
    private const string References = "every record's order exists";
    private const string Ledger = "ledger = payments";
    private const string Provider = "provider = payments";
    private const string Charges = "every charge is of its payment's order, and none is open";
    private const string Lines = "reserved lines = ordered lines";

    /// <summary>
    /// Order 1 is confirmed, 2 out of stock, 3 declined, 4 cancelled after its confirmation, 5 cancelled before it reached Products.
    /// </summary>
    private static readonly SystemState Sound = new()
    {
        Stock = [new(7, Put: 10, Now: 8, Reserved: 0, Committed: 2)],
        Orders =
        [
            new(1, 9, "CONFIRMED", null, 2_000, 11), new(2, 9, "CANCELLED", "OUT_OF_STOCK", 50_000, null),
            new(3, 9, "CANCELLED", "PAYMENT_DECLINED", 1_000, null), new(
                4, 9, "CANCELLED", "CUSTOMER", 1_000, 14), new(5, 9, "CANCELLED", "CUSTOMER", 1_000, null),
        ],
        OrderLines = [new(1, 7, 2), new(2, 7, 50), new(3, 7, 1), new(4, 7, 1), new(5, 7, 1)],
        LastChanges =
        [
            new(1, 9, "CONFIRMED", null, 2_000, 11), new(2, 9, "CANCELLED", "OUT_OF_STOCK", 50_000, null),
            new(3, 9, "CANCELLED", "PAYMENT_DECLINED", 1_000, null), new(
                4, 9, "CANCELLED", "CUSTOMER", 1_000, 14), new(5, 9, "CANCELLED", "CUSTOMER", 1_000, null),
        ],
        OrderEvents =
        [
            .. Events(1, "OrderPlaced", "StockReserved", "PaymentCompleted", "OrderConfirmed", "StockCommitted"),
            .. Events(2, "OrderPlaced", "StockRejected", "OrderCancelled"),
            .. Events(3, "OrderPlaced", "StockReserved", "PaymentFailed", "OrderCancelled", "StockReleased"),
            .. Events(
                4,
                "OrderPlaced",
                "StockReserved",
                "PaymentCompleted",
                "OrderConfirmed",
                "StockCommitted",
                "OrderCancelled",
                "PaymentRefunded",
                "StockReleased"),
            .. Events(5, "OrderPlaced", "OrderCancelled", "StockReleased", "PaymentFailed"),
        ],
        Reservations = [new(1, "COMMITTED"), new(2, "REJECTED"), new(3, "RELEASED"), new(4, "RELEASED"), new(5, "RELEASED")],
        ReservationLines = [new(1, 7, 2), new(2, 7, 50), new(3, 7, 1), new(4, 7, 1)],
        UserOrders = [.. Enumerable.Range(1, 5).Select(order => new UserOrderRow(order, 9, IsFinal: true))],
        Payments =
        [
            new(11, 1, 9, 2_000, "COMPLETED", 101, 0), new(
                13, 3, 9, 1_000, "FAILED", null, 0), new(14, 4, 9, 1_000, "REFUNDED", 104, 1_000),
        ],
        PaymentPolicies =
        [
            new(1, true, true, false, false), new(
                2, true, false, true, false), new(3, true, true, false, false), new(4, true, true, false, false),
            new(5, true, false, false, true),
        ],
        Entries = [new(11, 1, "CAPTURE", 2_000), new(14, 4, "CAPTURE", 1_000), new(14, 4, "REFUND", 1_000)],
        Days = [new("2026-11-01", 3_000, 1_000, 3_000, 1_000, 0)],
        Charges =
        [
            new(101, "order-1", "CHARGED", 2_000, 0), new(
                103, "order-3", "DECLINED", 1_000, 0), new(104, "order-4", "CHARGED", 1_000, 1_000),
        ],
        Catalogue = [new(7, "Umbrella", 1_000)],
        PriceList = [new(7, "Umbrella", 1_000)],
    };

    private static readonly TestCaseData[] Breaks =
    [
        Case("stock that vanished", "stock at start = stock now + reserved + committed", Sound with { Stock = [new(7, 10, 7, 0, 2)] }),
        Case(
            "a payment of another amount",
            "every payment is of its order's total and customer",
            Payment(11, payment => payment with { Amount = 1_999 })),
        Case(
            "a payment of another customer",
            "every payment is of its order's total and customer",
            Payment(11, payment => payment with { UserId = 8 })),
        Case(
            "half a refund",
            "captured − refunded = 0 or the order's total, for each payment",
            Payment(14, payment => payment with { Refunded = 500 })),
        Case("a confirmed order without a payment", "every confirmed order has exactly one completed payment, the one it names",
            Sound with { Payments = [.. Sound.Payments.Where(payment => payment.Id != 11)] }),
        Case(
            "a cancelled order whose payment is kept",
            "no cancelled order keeps money or stock",
            Payment(14, payment => payment with { Status = "COMPLETED", Refunded = 0 })),
        Case("a cancelled order that keeps stock", "no cancelled order keeps money or stock", Reservation(4, "COMMITTED")),
        Case("a confirmed order whose stock was never committed", Reservations, Reservation(1, "RESERVED")),
        Case("a confirmed order whose stock was released", Reservations, Reservation(1, "RELEASED")),
        Case(
            "an order without a reservation",
            Reservations,
            Sound with { Reservations = [.. Sound.Reservations.Where(row => row.OrderId != 3)] }),
        Case(
            "a reservation of another quantity",
            Lines,
            Sound with { ReservationLines = [new(1, 7, 1), .. Sound.ReservationLines.Skip(1)] }),
        Case("a reservation without its lines", Lines, Sound with { ReservationLines = [.. Sound.ReservationLines.Skip(1)] }),
        Case("a history without the commit", Histories, WithoutEvent(1, "StockCommitted")),
        Case("a history without the refund", Histories, WithoutEvent(4, "PaymentRefunded")),
        Case(
            "a history with a refund that never was",
            Histories,
            Sound with { OrderEvents = [.. Sound.OrderEvents, new(3, "PaymentRefunded")] }),
        Case("a history without the release", Histories, WithoutEvent(3, "StockReleased")),
        Case("a history without the rejection", Histories, WithoutEvent(2, "StockRejected")),
        Case("a status that no change led to", "every order's last status change leads to its status",
            Sound with { LastChanges = [new(1, 9, "PENDING", null, 2_000, null), .. Sound.LastChanges.Skip(1)] }),
        Case("an order without a payment policy", Sagas, Sound with { PaymentPolicies = [.. Sound.PaymentPolicies.Skip(1)] }),
        Case(
            "a payment policy that would still charge",
            Sagas,
            Sound with { PaymentPolicies = [.. Sound.PaymentPolicies.Take(4), new(5, true, false, false, false)] }),
        Case("a reservation of no order", References, Sound with { Reservations = [.. Sound.Reservations, new(6, "RELEASED")] }),
        Case("a payment of no order", References, Sound with { Payments = [.. Sound.Payments, new(16, 6, 9, 1, "FAILED", null, 0)] }),
        Case("a charge of no order", References, Sound with { Charges = [.. Sound.Charges, new(106, "order-6", "VOIDED", 0, 0)] }),
        Case("a charge under another key", References, Sound with { Charges = [.. Sound.Charges, new(106, "other", "VOIDED", 0, 0)] }),
        Case(
            "a payment policy of no order",
            References,
            Sound with { PaymentPolicies = [.. Sound.PaymentPolicies, new(6, false, false, false, true)] }),
        Case("a capture that is not in the ledger", Ledger, Sound with { Entries = [.. Sound.Entries.Skip(1)] }),
        Case("a refund that is in the ledger alone", Ledger, Sound with { Entries = [.. Sound.Entries, new(11, 1, "REFUND", 2_000)] }),
        Case("an entry of another order", Ledger, Sound with { Entries = [new(11, 4, "CAPTURE", 2_000), .. Sound.Entries.Skip(1)] }),
        Case(
            "a settlement of another sum",
            "settlements = ledger, day by day",
            Sound with { Days = [new("2026-11-01", 2_999, 1_000, 3_000, 1_000, 0)] }),
        Case(
            "a charge that Payments does not know",
            Provider,
            Sound with { Charges = [.. Sound.Charges.Where(charge => charge.Id != 103), new(103, "order-3", "CHARGED", 1_000, 0)] }),
        Case(
            "a refund that the provider does not know",
            Provider,
            Sound with { Charges = [.. Sound.Charges.Take(2), new(104, "order-4", "CHARGED", 1_000, 0)] }),
        Case(
            "a charge that may still be made",
            Charges,
            Sound with { Charges = [.. Sound.Charges.Where(charge => charge.Id != 103), new(103, "order-3", "OPEN", 1_000, 0)] }),
        Case(
            "a charge under the key of another order",
            Charges,
            Sound with { Charges = [new(101, "order-3", "CHARGED", 2_000, 0), .. Sound.Charges.Skip(1)] }),
        Case("a price that Orders does not know", "price list = catalogue", Sound with { PriceList = [new(7, "Umbrella", 999)] }),
        Case(
            "an order that Users takes as open",
            Users,
            Sound with { UserOrders = [new(1, 9, IsFinal: false), .. Sound.UserOrders.Skip(1)] }),
        Case(
            "an order that Users takes as another's",
            Users,
            Sound with { UserOrders = [new(1, 8, IsFinal: true), .. Sound.UserOrders.Skip(1)] }),
        Case("an order that Users does not know", Users, Sound with { UserOrders = [.. Sound.UserOrders.Skip(1)] }),
        Case(
            "an order that only Users knows",
            References,
            Sound with { UserOrders = [.. Sound.UserOrders, new(6, 9, IsFinal: false)] }),
        Case(
            "an open order",
            "every order and every payment is final",
            Sound with { Orders = [.. Sound.Orders, new(6, 9, "PENDING", null, 1, null)] }),
        Case("an open payment", "every order and every payment is final", Payment(13, payment => payment with { Status = "UNKNOWN" })),
    ];

    [Test]
    public void Should_find_nothing_in_sound_records() =>
        Assert.That(Invariants.Check(Sound).SelectMany(invariant => invariant.Violations), Is.Empty);

    [Test]
    public void Should_break_every_invariant_here() => Assert.That(
        Breaks.Select(broken => broken.Arguments[0]), Is.SupersetOf(Invariants.Check(Sound).Select(invariant => invariant.Name)));

    [TestCaseSource(nameof(Breaks))]
    public void Should_find_the_difference(string invariant, SystemState state) =>
        Assert.That(
            Invariants.Check(state).Where(checkedOne => !checkedOne.Holds).Select(checkedOne => checkedOne.Name), Does.Contain(invariant));

    private static TestCaseData Case(string name, string invariant, SystemState state) =>
        new TestCaseData(invariant, state).SetArgDisplayNames(name);

    private static IEnumerable<OrderEventRow> Events(long order, params string[] names) =>
        names.Select(name => new OrderEventRow(order, name));

    private static SystemState WithoutEvent(long order, string name) =>
        Sound with { OrderEvents = [.. Sound.OrderEvents.Where(row => row != new OrderEventRow(order, name))] };

    private static SystemState Reservation(long order, string status) =>
        Sound with { Reservations = [.. Sound.Reservations.Select(row => row.OrderId == order ? row with { State = status } : row)] };

    private static SystemState Payment(long id, Func<PaymentRow, PaymentRow> change) =>
        Sound with { Payments = [.. Sound.Payments.Select(payment => payment.Id == id ? change(payment) : payment)] };
}
