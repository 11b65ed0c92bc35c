namespace ShopSaga.Local.Verifying;

/// <summary>
/// The equalities that hold whenever nothing is under way, whatever was killed before: the end of the design's rules, one method each.
/// </summary>
internal static class Books
{
    private const string Capture = "CAPTURE";
    private const string Refund = "REFUND";
    private static readonly string[] FinalOrders = ["CONFIRMED", "CANCELLED"];
    private static readonly string[] FinalPayments = ["COMPLETED", "FAILED", "REFUNDED"];

    public static IReadOnlyList<Equality> Check(BookKeeping books) =>
    [
        Stock(books),
        Money(books),
        ConfirmedOrders(books),
        CancelledOrders(books),
        Ledger(books),
        Settlements(books),
        Provider(books),
        Prices(books.Catalogue, books.PriceList),
        NothingIsOpen(books),
    ];

    private static Equality Stock(BookKeeping books) => new(
        "stock at start = stock now + reserved + committed",
        $"{books.Stock.Sum(row => row.Put)} = {books.Stock.Sum(row => row.Now)} + {books.Stock.Sum(row => row.Reserved)} + {books.Stock.Sum(row => row.Committed)}"
            + $" over {books.Stock.Count} products",
        [.. books.Stock.Where(row => row.Put != row.Now + row.Reserved + row.Committed)
            .Select(row => $"product {row.ProductId}: {row.Put} ≠ {row.Now} + {row.Reserved} + {row.Committed}")]);

    private static Equality Money(BookKeeping books)
    {
        var totals = books.Orders.ToDictionary(order => order.Id, order => order.TotalAmount);
        return new Equality(
            "captured − refunded = 0 or the order's total, for each payment",
            $"{Captured(books).Sum(payment => payment.Amount)} − {books.Payments.Sum(payment => payment.Refunded)} = {Captured(books).Sum(Kept)}"
                + $" over {books.Payments.Count} payments",
            [.. books.Payments.Where(payment => Kept(payment) != 0 && Kept(payment) != totals.GetValueOrDefault(payment.OrderId, -1))
                .Select(payment => $"payment {payment.Id} of order {payment.OrderId} keeps {Kept(payment)}")]);
    }

    private static Equality ConfirmedOrders(BookKeeping books)
    {
        var confirmed = books.Orders.Where(order => order.Status == "CONFIRMED").ToList();
        var completed = books.Payments.Where(payment => payment.Status == "COMPLETED").ToLookup(payment => payment.OrderId);
        return new Equality(
            "every confirmed order has exactly one completed payment, the one it names",
            $"{confirmed.Count} orders, {confirmed.Sum(order => completed[order.Id].Count())} payments",
            [.. confirmed.Where(order => completed[order.Id].Count() != 1 || completed[order.Id].Single().Id != order.PaymentId)
                .Select(order => $"order {order.Id} names payment {order.PaymentId} and has {completed[order.Id].Count()} completed")]);
    }

    private static Equality CancelledOrders(BookKeeping books)
    {
        var cancelled = books.Orders.Where(order => order.Status == "CANCELLED").Select(order => order.Id).ToHashSet();
        var withMoney = books.Payments.Where(payment => cancelled.Contains(payment.OrderId) && payment.Status is not ("FAILED" or "REFUNDED")).ToList();
        var withStock = books.Reservations.Where(row => cancelled.Contains(row.OrderId) && row.State is "RESERVED" or "COMMITTED").ToList();
        return new Equality(
            "no cancelled order keeps money or stock",
            $"{cancelled.Count} orders, {withMoney.Count} with money, {withStock.Count} with stock",
            [.. withMoney.Select(payment => $"order {payment.OrderId}: payment {payment.Id} is {payment.Status}"),
             .. withStock.Select(row => $"order {row.OrderId}: its stock is {row.State}")]);
    }

    private static Equality Ledger(BookKeeping books)
    {
        var payments = Captured(books).Select(payment => new EntryRow(payment.Id, Capture, payment.Amount))
            .Concat(books.Payments.Where(payment => payment.Refunded > 0).Select(payment => new EntryRow(payment.Id, Refund, payment.Refunded)))
            .ToHashSet();
        var ledger = books.Entries.ToHashSet();
        return new Equality(
            "ledger = payments",
            $"{Sum(ledger, Capture)} − {Sum(ledger, Refund)} = {Sum(payments, Capture)} − {Sum(payments, Refund)} in {ledger.Count} entries",
            [.. payments.Except(ledger).Select(entry => $"{entry.Fact} of {entry.Amount} for payment {entry.PaymentId} is not in the ledger"),
             .. ledger.Except(payments).Select(entry => $"the ledger's {entry.Fact} of {entry.Amount} for payment {entry.PaymentId} is no payment's")]);
    }

    private static Equality Settlements(BookKeeping books) => new(
        "settlements = ledger, day by day",
        $"{books.Days.Sum(day => day.Taken)} − {books.Days.Sum(day => day.GivenBack)}"
            + $" = {books.Days.Sum(day => day.Captured)} − {books.Days.Sum(day => day.Refunded)}"
            + $" over {books.Days.Count} days, with {books.Days.Sum(day => day.Adjustments)} adjustments",
        [.. books.Days.Where(day => (day.Taken, day.GivenBack) != (day.Captured, day.Refunded))
            .Select(day => $"{day.Day} shows {day.Taken} − {day.GivenBack}, and its entries are {day.Captured} − {day.Refunded}")]);

    private static Equality Provider(BookKeeping books)
    {
        var payments = Captured(books).Select(payment => (Charge: payment.ChargeId!.Value, payment.Amount, payment.Refunded)).ToHashSet();
        var provider = books.Charges.Where(charge => charge.Status == "CHARGED")
            .Select(charge => (Charge: charge.Id, charge.Amount, charge.Refunded)).ToHashSet();
        return new Equality(
            "provider = payments",
            $"{provider.Sum(charge => charge.Amount)} − {provider.Sum(charge => charge.Refunded)}"
                + $" = {payments.Sum(payment => payment.Amount)} − {payments.Sum(payment => payment.Refunded)} in {provider.Count} charges",
            [.. provider.Except(payments).Select(charge => $"the provider's charge {charge.Charge} of {charge.Amount}, {charge.Refunded} refunded, is no payment's"),
             .. payments.Except(provider).Select(payment => $"charge {payment.Charge} of {payment.Amount}, {payment.Refunded} refunded, is not the provider's")]);
    }

    public static Equality Prices(IReadOnlyList<PriceRow> catalogue, IReadOnlyList<PriceRow> priceList) => new(
        "price list = catalogue",
        $"{priceList.Count} products known to Orders, {catalogue.Count} listed by Products",
        [.. catalogue.Except(priceList).Select(product => $"product {product.ProductId}: Orders does not know {product.Name ?? "that it is withdrawn"} at {product.Price}"),
         .. priceList.Except(catalogue).Select(product => $"product {product.ProductId}: Orders knows {product.Name ?? "it as withdrawn"} at {product.Price}")]);

    private static Equality NothingIsOpen(BookKeeping books)
    {
        var orders = books.Orders.Where(order => !FinalOrders.Contains(order.Status)).ToList();
        var payments = books.Payments.Where(payment => !FinalPayments.Contains(payment.Status)).ToList();
        return new Equality(
            "no order and no payment is open",
            $"{orders.Count} of {books.Orders.Count} orders, {payments.Count} of {books.Payments.Count} payments",
            [.. orders.Select(order => $"order {order.Id} is {order.Status}"), .. payments.Select(payment => $"payment {payment.Id} is {payment.Status}")]);
    }

    private static IEnumerable<PaymentRow> Captured(BookKeeping books) => books.Payments.Where(payment => payment.ChargeId is not null);

    private static long Kept(PaymentRow payment) => (payment.ChargeId is null ? 0 : payment.Amount) - payment.Refunded;

    private static long Sum(IEnumerable<EntryRow> entries, string fact) => entries.Where(entry => entry.Fact == fact).Sum(entry => entry.Amount);
}
