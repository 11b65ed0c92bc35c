namespace ShopSaga.Local.Verifying;

/// <summary>
/// The invariants of an idle system. They hold after any crash. Most follow from one rule: every order has one status, the same
/// everywhere.
/// <code>
///               reservation           payment                      provider           history
///   CONFIRMED   COMMITTED             COMPLETED, the order's       CHARGED            …, StockCommitted
///   CANCELLED   REJECTED or RELEASED  none, FAILED or REFUNDED     none or refunded   …, compensated
/// </code>
/// </summary>
internal static class Invariants
{
    private const string Capture = "CAPTURE";
    private const string Refund = "REFUND";
    private const string ChargeKeyPrefix = "order-";
    private static readonly string[] FinalOrders = ["CONFIRMED", "CANCELLED"];
    private static readonly string[] FinalPayments = ["COMPLETED", "FAILED", "REFUNDED"];
    private static readonly string[] HistoryOfConfirmed =
    [
        "OrderPlaced", "StockReserved", "PaymentCompleted", "OrderConfirmed", "StockCommitted",
    ];

    public static IReadOnlyList<Invariant> Check(SystemState state) =>
    [
        Stock(state),
        Money(state),
        ConfirmedOrders(state),
        CancelledOrders(state),
        Reservations(state),
        ReservedLines(state),
        Payments(state),
        Histories(state),
        StatusChanges(state),
        Sagas(state),
        OrdersOfUsers(state),
        References(state),
        Ledger(state),
        Settlements(state),
        Provider(state),
        Charges(state),
        Prices(state.Catalogue, state.PriceList),
        Final(state),
    ];

    private static Invariant Stock(SystemState state) => new(
        "stock at start = stock now + reserved + committed",
        $"{state.Stock.Sum(row => row.Put)} = {state.Stock.Sum(row => row.Now)} + {state.Stock.Sum(row => row.Reserved)} + "
            + $"{state.Stock.Sum(row => row.Committed)}"
            + $" over {state.Stock.Count} products",
        [.. state.Stock.Where(row => row.Put != row.Now + row.Reserved + row.Committed)
            .Select(row => $"product {row.ProductId}: {row.Put} ≠ {row.Now} + {row.Reserved} + {row.Committed}")]);

    private static Invariant Money(SystemState state)
    {
        var totals = state.Orders.ToDictionary(order => order.Id, order => order.TotalAmount);
        return new Invariant(
            "captured − refunded = 0 or the order's total, for each payment",
            $"{Captured(state).Sum(payment => payment.Amount)} − {state.Payments.Sum(payment => payment.Refunded)} = "
                + $"{Captured(state).Sum(Kept)}"
                + $" over {state.Payments.Count} payments",
            [.. state.Payments.Where(payment => Kept(payment) != 0 && Kept(payment) != totals.GetValueOrDefault(payment.OrderId, -1))
                .Select(payment => $"payment {payment.Id} of order {payment.OrderId} keeps {Kept(payment)}")]);
    }

    private static Invariant ConfirmedOrders(SystemState state)
    {
        var confirmed = state.Orders.Where(order => order.Status == "CONFIRMED").ToList();
        var completed = state.Payments.Where(payment => payment.Status == "COMPLETED").ToLookup(payment => payment.OrderId);
        return new Invariant(
            "every confirmed order has exactly one completed payment, the one it names",
            $"{confirmed.Count} orders, {confirmed.Sum(order => completed[order.Id].Count())} payments",
            [.. confirmed.Where(order => completed[order.Id].Count() != 1 || completed[order.Id].Single().Id != order.PaymentId)
                .Select(order => $"order {order.Id} names payment {order.PaymentId} and has {completed[order.Id].Count()} completed")]);
    }

    private static Invariant CancelledOrders(SystemState state)
    {
        var cancelled = state.Orders.Where(order => order.Status == "CANCELLED").Select(order => order.Id).ToHashSet();
        var withMoney = state.Payments.Where(
            payment => cancelled.Contains(payment.OrderId) && payment.Status is not ("FAILED" or "REFUNDED")).ToList();
        var withStock = state.Reservations.Where(row => cancelled.Contains(row.OrderId) && row.State is "RESERVED" or "COMMITTED").ToList();
        return new Invariant(
            "no cancelled order keeps money or stock",
            $"{cancelled.Count} orders, {withMoney.Count} with money, {withStock.Count} with stock",
            [.. withMoney.Select(payment => $"order {payment.OrderId}: payment {payment.Id} is {payment.Status}"),
             .. withStock.Select(row => $"order {row.OrderId}: its stock is {row.State}")]);
    }

    private static Invariant Reservations(SystemState state)
    {
        var reservations = state.Reservations.ToDictionary(row => row.OrderId, row => row.State);
        return new Invariant(
            "every order has the reservation of its status",
            $"{reservations.Count} reservations of {state.Orders.Count} orders",
            [.. state.Orders.Where(order => FinalOrders.Contains(order.Status))
                .Select(order => (Order: order, Reservation: reservations.GetValueOrDefault(order.Id, "missing")))
                .Where(pair => pair.Order.Status == "CONFIRMED" ? pair.Reservation != "COMMITTED" : pair.Reservation is not (
                    "REJECTED" or "RELEASED"))
                .Select(pair => $"order {pair.Order.Id} is {pair.Order.Status}, and its reservation is {pair.Reservation}")]);
    }

    /// <summary>A released reservation without lines is a tombstone: the order was cancelled before it reached Products.</summary>
    private static Invariant ReservedLines(SystemState state)
    {
        var ordered = state.OrderLines.ToLookup(line => line.OrderId);
        var reserved = state.ReservationLines.ToLookup(line => line.OrderId);
        return new Invariant(
            "reserved lines = ordered lines",
            $"{state.ReservationLines.Count} reserved, {state.OrderLines.Count} ordered",
            [.. state.Reservations
                .Where(row => !(row.State == "RELEASED" && !reserved[row.OrderId].Any()) && !reserved[row.OrderId].ToHashSet().SetEquals(
                    ordered[row.OrderId]))
                .Select(row => $"order {row.OrderId} has {Text(ordered[row.OrderId])}, and its {row.State} reservation "
                + $"{Text(reserved[row.OrderId])}")]);

        static string Text(IEnumerable<LineRow> lines) =>
            string.Join(" + ", lines.OrderBy(
                line => line.ProductId).Select(line => $"{line.Quantity} of {line.ProductId}")) is { Length: > 0 } text ? text : "no lines";
    }

    private static Invariant Payments(SystemState state)
    {
        var orders = state.Orders.ToDictionary(order => order.Id);
        return new Invariant(
            "every payment is of its order's total and customer",
            $"{state.Payments.Sum(payment => payment.Amount)} in {state.Payments.Count} payments",
            [.. state.Payments.Where(payment => orders.TryGetValue(payment.OrderId, out var order)
                    && (payment.Amount != order.TotalAmount || payment.UserId != order.UserId))
                .Select(payment => $"payment {payment.Id} of {payment.Amount} by user {payment.UserId}: order {payment.OrderId} is of "
                    + $"{orders[payment.OrderId].TotalAmount} by user {orders[payment.OrderId].UserId}")]);
    }

    /// <summary>What an order's history tells is what the other services recorded.</summary>
    private static Invariant Histories(SystemState state)
    {
        var histories = state.OrderEvents.ToLookup(row => row.OrderId, row => row.Name);
        var payments = state.Payments.ToLookup(payment => payment.OrderId);
        var reservations = state.Reservations.ToDictionary(row => row.OrderId, row => row.State);
        var withLines = state.ReservationLines.Select(line => line.OrderId).ToHashSet();
        return new Invariant(
            "every order's history tells what happened to it",
            $"{state.OrderEvents.Count} events of {state.Orders.Count} orders",
            [.. state.Orders.Where(order => FinalOrders.Contains(order.Status)).SelectMany(Differences)]);

        IEnumerable<string> Differences(OrderRow order)
        {
            var history = histories[order.Id].ToHashSet();
            var (payment, reservation) = (payments[order.Id].FirstOrDefault(), reservations.GetValueOrDefault(order.Id));
            if (order.Status == "CONFIRMED")
            {
                return history.SetEquals(HistoryOfConfirmed)
                    ? []
                    : [$"order {order.Id} is CONFIRMED, and its history is {string.Join(", ", history.Order(StringComparer.Ordinal))}"];
            }

            (string Name, bool Expected)[] events =
            [
                ("OrderPlaced", true),
                ("OrderCancelled", true),
                ("StockRejected", reservation == "REJECTED"),
                ("StockReserved", reservation == "RELEASED" && withLines.Contains(order.Id)),
                ("PaymentCompleted", payment?.ChargeId is not null),
                ("PaymentRefunded", payment is { Refunded: > 0 }),
            ];
            var isCompensated = history.Contains("StockRejected")
                || (history.Contains("StockReleased") && (history.Contains("PaymentFailed") || history.Contains("PaymentRefunded")));
            return
            [
                .. events.Where(each => history.Contains(each.Name) != each.Expected)
                    .Select(each => $"order {order.Id} is CANCELLED, and its history {(each.Expected ? "lacks" : "has")} {each.Name}"),
                .. isCompensated ? Array.Empty<string>() : [$"order {order.Id} is CANCELLED, and its history lacks compensations"],
            ];
        }
    }

    private static Invariant StatusChanges(SystemState state)
    {
        var last = state.LastChanges.ToDictionary(change => change.Id);
        return new Invariant(
            "every order's last status change leads to its status",
            $"{last.Count} of {state.Orders.Count} orders",
            [.. state.Orders.Where(
                order => !last.TryGetValue(order.Id, out var change) || (change.Status, change.Reason) != (order.Status, order.Reason))
                .Select(order => $"order {order.Id} is {order.Status} {order.Reason}, and its last change was to "
                    + (last.TryGetValue(order.Id, out var change) ? $"{change.Status} {change.Reason}" : "nothing"))]);
    }

    /// <summary>The saga of an order's payment stays, and knows why it was or was not charged.</summary>
    private static Invariant Sagas(SystemState state)
    {
        var final = state.Orders.Where(order => FinalOrders.Contains(order.Status)).Select(order => order.Id).ToHashSet();
        var policies = state.PaymentPolicies.ToLookup(policy => policy.OrderId);
        var paid = state.Payments.Select(payment => payment.OrderId).ToHashSet();
        return new Invariant(
            "every saga is in the state of its order",
            $"{state.PaymentPolicies.Count} of payments",
            [.. final.Where(order => policies[order].Count() != 1).Select(order => policies.Contains(order)
                 ? $"order {order} has {policies[order].Count()} payment policies"
                 : $"order {order} has no payment policy"),
             .. state.PaymentPolicies.Where(policy => final.Contains(policy.OrderId) && !Fits(policy))
                .Select(policy => $"order {policy.OrderId} {(paid.Contains(policy.OrderId) ? "has a" : "has no")} payment, and its payment "
                + "policy is "
                    + $"{(policy.Placed ? "" : "not ")}placed, {(policy.Reserved ? "" : "not ")}reserved, "
                    + $"{(policy.Rejected ? "" : "not ")}rejected, {(policy.Cancelled ? "" : "not ")}cancelled")]);

        bool Fits(PaymentPolicyRow policy) =>
            paid.Contains(policy.OrderId)
                ? policy is { Placed: true, Reserved: true, Rejected: false }
                : policy.Rejected || policy.Cancelled;
    }

    /// <summary>Otherwise the customer can close the account too early, or never.</summary>
    private static Invariant OrdersOfUsers(SystemState state)
    {
        var known = state.UserOrders.ToDictionary(row => row.OrderId);
        return new Invariant(
            "Users takes every final order as final",
            $"{state.UserOrders.Count(row => row.IsFinal)} of {state.Orders.Count} orders",
            [.. state.Orders.Select(order => (Order: order, Known: known.GetValueOrDefault(order.Id)))
                .Where(pair => pair.Known?.UserId != pair.Order.UserId || pair.Known.IsFinal != FinalOrders.Contains(pair.Order.Status))
                .Select(pair => $"order {pair.Order.Id} of user {pair.Order.UserId} is {pair.Order.Status}, and Users "
                    + (pair.Known is { } row
                        ? $"takes it as {(row.IsFinal ? "final" : "open")}, of user {row.UserId}"
                        : "does not know it"))]);
    }

    private static Invariant References(SystemState state)
    {
        var orders = state.Orders.Select(order => order.Id).ToHashSet();
        (string What, IEnumerable<long> Orders)[] references =
        [
            ("reservation", state.Reservations.Select(row => row.OrderId)),
            ("payment", state.Payments.Select(payment => payment.OrderId)),
            ("ledger entry", state.Entries.Select(entry => entry.OrderId)),
            ("charge", state.Charges.Select(OrderOf)),
            ("payment policy", state.PaymentPolicies.Select(policy => policy.OrderId)),
            ("record of Users", state.UserOrders.Select(row => row.OrderId)),
        ];
        return new Invariant(
            "every record's order exists",
            $"{references.Sum(reference => reference.Orders.Count())} records of {orders.Count} orders",
            [.. references.SelectMany(reference => reference.Orders.Where(order => !orders.Contains(order))
                .Select(order => $"a {reference.What} is of order {order}, which does not exist"))]);
    }

    private static Invariant Ledger(SystemState state)
    {
        var payments = Captured(state).Select(payment => new EntryRow(payment.Id, payment.OrderId, Capture, payment.Amount))
            .Concat(state.Payments.Where(payment => payment.Refunded > 0)
                .Select(payment => new EntryRow(payment.Id, payment.OrderId, Refund, payment.Refunded)))
            .ToHashSet();
        var ledger = state.Entries.ToHashSet();
        return new Invariant(
            "ledger = payments",
            $"{Sum(ledger, Capture)} − {Sum(ledger, Refund)} = {Sum(payments, Capture)} − {Sum(payments, Refund)} in {ledger.Count} "
                + "entries",
            [.. payments.Except(ledger).Select(
                entry => $"{entry.Fact} of {entry.Amount} for payment {entry.PaymentId} is not in the ledger"),
             .. ledger.Except(payments)
                 .Select(entry => $"the ledger's {entry.Fact} of {entry.Amount} for payment {entry.PaymentId} belongs to no payment")]);
    }

    private static Invariant Settlements(SystemState state) => new(
        "settlements = ledger, day by day",
        $"{state.Days.Sum(day => day.CapturedTotal)} − {state.Days.Sum(day => day.RefundedTotal)}"
            + $" = {state.Days.Sum(day => day.Captured)} − {state.Days.Sum(day => day.Refunded)}"
            + $" over {state.Days.Count} days, with {state.Days.Sum(day => day.Adjustments)} adjustments",
        [.. state.Days.Where(day => (day.CapturedTotal, day.RefundedTotal) != (day.Captured, day.Refunded))
            .Select(
                day => $"{day.Day} shows {day.CapturedTotal} − {day.RefundedTotal}, and its entries are {day.Captured} − {day.Refunded}")]);

    private static Invariant Provider(SystemState state)
    {
        var payments = Captured(state).Select(payment => (Charge: payment.ChargeId!.Value, payment.Amount, payment.Refunded)).ToHashSet();
        var provider = state.Charges.Where(charge => charge.Status == "CHARGED")
            .Select(charge => (Charge: charge.Id, charge.Amount, charge.Refunded)).ToHashSet();
        return new Invariant(
            "provider = payments",
            $"{provider.Sum(charge => charge.Amount)} − {provider.Sum(charge => charge.Refunded)}"
                + $" = {payments.Sum(payment => payment.Amount)} − {payments.Sum(payment => payment.Refunded)} in {provider.Count} charges",
            [.. provider.Except(payments).Select(
                charge => $"the provider's charge {charge.Charge} of {charge.Amount}, {charge.Refunded} refunded, belongs to no payment"),
             .. payments.Except(provider)
                 .Select(payment => $"charge {payment.Charge} of {payment.Amount}, {payment.Refunded} refunded, is not the provider's")]);
    }

    /// <summary>A charge that the provider has neither made nor refused could still be made.</summary>
    private static Invariant Charges(SystemState state)
    {
        var payments = state.Payments.Where(payment => payment.ChargeId is not null)
            .ToDictionary(payment => payment.ChargeId!.Value, payment => payment.OrderId);
        return new Invariant(
            "every charge is of its payment's order, and none is open",
            $"{state.Charges.Count} charges, {state.Charges.Count(charge => charge.Status == "OPEN")} open",
            [.. state.Charges.Where(charge => charge.Status == "OPEN").Select(charge => $"charge {charge.Id} ({charge.Key}) is OPEN"),
             .. state.Charges.Where(charge => payments.TryGetValue(charge.Id, out var order) && order != OrderOf(charge))
                .Select(charge => $"charge {charge.Id} is of {charge.Key}, and its payment of order {payments[charge.Id]}")]);
    }

    public static Invariant Prices(IReadOnlyList<PriceRow> catalogue, IReadOnlyList<PriceRow> priceList) => new(
        "price list = catalogue",
        $"{priceList.Count} products known to Orders, {catalogue.Count} listed by Products",
        [.. catalogue.Except(priceList).Select(
            product => $"product {product.ProductId}: Orders does not know {product.Name ?? "that it is withdrawn"} at {product.Price}"),
         .. priceList.Except(catalogue)
             .Select(product => $"product {product.ProductId}: Orders knows {product.Name ?? "it as withdrawn"} at {product.Price}")]);

    private static Invariant Final(SystemState state)
    {
        var orders = state.Orders.Where(order => !FinalOrders.Contains(order.Status)).ToList();
        var payments = state.Payments.Where(payment => !FinalPayments.Contains(payment.Status)).ToList();
        return new Invariant(
            "every order and every payment is final",
            $"{orders.Count} of {state.Orders.Count} orders and {payments.Count} of {state.Payments.Count} payments are not",
            [.. orders.Select(order => $"order {order.Id} is {order.Status}"), .. payments.Select(
                payment => $"payment {payment.Id} is {payment.Status}")]);
    }

    private static IEnumerable<PaymentRow> Captured(SystemState state) => state.Payments.Where(payment => payment.ChargeId is not null);

    private static long Kept(PaymentRow payment) => (payment.ChargeId is null ? 0 : payment.Amount) - payment.Refunded;

    private static long Sum(IEnumerable<EntryRow> entries, string fact) =>
        entries.Where(entry => entry.Fact == fact).Sum(entry => entry.Amount);

    /// <summary>0 for a key that is not one of an order.</summary>
    private static long OrderOf(ChargeRow charge) =>
        charge.Key.StartsWith(
            ChargeKeyPrefix, StringComparison.Ordinal) && long.TryParse(charge.Key[ChargeKeyPrefix.Length..], out var order) ? order : 0;
}
