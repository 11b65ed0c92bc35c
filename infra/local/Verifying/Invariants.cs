namespace ShopSaga.Local.Verifying;

/// <summary>
/// The invariants of an idle system. They hold after any crash.
/// </summary>
internal static class Invariants
{
    private const string Capture = "CAPTURE";
    private const string Refund = "REFUND";
    private static readonly string[] FinalOrders = ["CONFIRMED", "CANCELLED"];
    private static readonly string[] FinalPayments = ["COMPLETED", "FAILED", "REFUNDED"];

    public static IReadOnlyList<Invariant> Check(SystemState state) =>
    [
        Stock(state),
        Money(state),
        ConfirmedOrders(state),
        CancelledOrders(state),
        Ledger(state),
        Settlements(state),
        Provider(state),
        Prices(state.Catalogue, state.PriceList),
        NothingIsOpen(state),
    ];

    private static Invariant Stock(SystemState state) => new(
        "stock at start = stock now + reserved + committed",
        $"{state.Stock.Sum(row => row.Put)} = {state.Stock.Sum(row => row.Now)} + {state.Stock.Sum(row => row.Reserved)} + {state.Stock.Sum(row => row.Committed)}"
            + $" over {state.Stock.Count} products",
        [.. state.Stock.Where(row => row.Put != row.Now + row.Reserved + row.Committed)
            .Select(row => $"product {row.ProductId}: {row.Put} ≠ {row.Now} + {row.Reserved} + {row.Committed}")]);

    private static Invariant Money(SystemState state)
    {
        var totals = state.Orders.ToDictionary(order => order.Id, order => order.TotalAmount);
        return new Invariant(
            "captured − refunded = 0 or the order's total, for each payment",
            $"{Captured(state).Sum(payment => payment.Amount)} − {state.Payments.Sum(payment => payment.Refunded)} = {Captured(state).Sum(Kept)}"
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
        var withMoney = state.Payments.Where(payment => cancelled.Contains(payment.OrderId) && payment.Status is not ("FAILED" or "REFUNDED")).ToList();
        var withStock = state.Reservations.Where(row => cancelled.Contains(row.OrderId) && row.State is "RESERVED" or "COMMITTED").ToList();
        return new Invariant(
            "no cancelled order keeps money or stock",
            $"{cancelled.Count} orders, {withMoney.Count} with money, {withStock.Count} with stock",
            [.. withMoney.Select(payment => $"order {payment.OrderId}: payment {payment.Id} is {payment.Status}"),
             .. withStock.Select(row => $"order {row.OrderId}: its stock is {row.State}")]);
    }

    private static Invariant Ledger(SystemState state)
    {
        var payments = Captured(state).Select(payment => new EntryRow(payment.Id, Capture, payment.Amount))
            .Concat(state.Payments.Where(payment => payment.Refunded > 0).Select(payment => new EntryRow(payment.Id, Refund, payment.Refunded)))
            .ToHashSet();
        var ledger = state.Entries.ToHashSet();
        return new Invariant(
            "ledger = payments",
            $"{Sum(ledger, Capture)} − {Sum(ledger, Refund)} = {Sum(payments, Capture)} − {Sum(payments, Refund)} in {ledger.Count} entries",
            [.. payments.Except(ledger).Select(entry => $"{entry.Fact} of {entry.Amount} for payment {entry.PaymentId} is not in the ledger"),
             .. ledger.Except(payments).Select(entry => $"the ledger's {entry.Fact} of {entry.Amount} for payment {entry.PaymentId} is no payment's")]);
    }

    private static Invariant Settlements(SystemState state) => new(
        "settlements = ledger, day by day",
        $"{state.Days.Sum(day => day.CapturedTotal)} − {state.Days.Sum(day => day.RefundedTotal)}"
            + $" = {state.Days.Sum(day => day.Captured)} − {state.Days.Sum(day => day.Refunded)}"
            + $" over {state.Days.Count} days, with {state.Days.Sum(day => day.Adjustments)} adjustments",
        [.. state.Days.Where(day => (day.CapturedTotal, day.RefundedTotal) != (day.Captured, day.Refunded))
            .Select(day => $"{day.Day} shows {day.CapturedTotal} − {day.RefundedTotal}, and its entries are {day.Captured} − {day.Refunded}")]);

    private static Invariant Provider(SystemState state)
    {
        var payments = Captured(state).Select(payment => (Charge: payment.ChargeId!.Value, payment.Amount, payment.Refunded)).ToHashSet();
        var provider = state.Charges.Where(charge => charge.Status == "CHARGED")
            .Select(charge => (Charge: charge.Id, charge.Amount, charge.Refunded)).ToHashSet();
        return new Invariant(
            "provider = payments",
            $"{provider.Sum(charge => charge.Amount)} − {provider.Sum(charge => charge.Refunded)}"
                + $" = {payments.Sum(payment => payment.Amount)} − {payments.Sum(payment => payment.Refunded)} in {provider.Count} charges",
            [.. provider.Except(payments).Select(charge => $"the provider's charge {charge.Charge} of {charge.Amount}, {charge.Refunded} refunded, is no payment's"),
             .. payments.Except(provider).Select(payment => $"charge {payment.Charge} of {payment.Amount}, {payment.Refunded} refunded, is not the provider's")]);
    }

    public static Invariant Prices(IReadOnlyList<PriceRow> catalogue, IReadOnlyList<PriceRow> priceList) => new(
        "price list = catalogue",
        $"{priceList.Count} products known to Orders, {catalogue.Count} listed by Products",
        [.. catalogue.Except(priceList).Select(product => $"product {product.ProductId}: Orders does not know {product.Name ?? "that it is withdrawn"} at {product.Price}"),
         .. priceList.Except(catalogue).Select(product => $"product {product.ProductId}: Orders knows {product.Name ?? "it as withdrawn"} at {product.Price}")]);

    private static Invariant NothingIsOpen(SystemState state)
    {
        var orders = state.Orders.Where(order => !FinalOrders.Contains(order.Status)).ToList();
        var payments = state.Payments.Where(payment => !FinalPayments.Contains(payment.Status)).ToList();
        return new Invariant(
            "no order and no payment is open",
            $"{orders.Count} of {state.Orders.Count} orders, {payments.Count} of {state.Payments.Count} payments",
            [.. orders.Select(order => $"order {order.Id} is {order.Status}"), .. payments.Select(payment => $"payment {payment.Id} is {payment.Status}")]);
    }

    private static IEnumerable<PaymentRow> Captured(SystemState state) => state.Payments.Where(payment => payment.ChargeId is not null);

    private static long Kept(PaymentRow payment) => (payment.ChargeId is null ? 0 : payment.Amount) - payment.Refunded;

    private static long Sum(IEnumerable<EntryRow> entries, string fact) => entries.Where(entry => entry.Fact == fact).Sum(entry => entry.Amount);
}
