namespace ShopSaga.Settlement.Reconciling;

/// <summary>Whose book it is.</summary>
internal enum Book
{
    Provider,
    Payments,
    Ledger,
}

/// <summary>A fact as it stands in a book.</summary>
/// <param name="Fact">CAPTURE or REFUND.</param>
/// <param name="OrderId">The order; null where the provider's reference names none.</param>
/// <param name="PaymentId">The payment; null in the provider's book, which knows none.</param>
/// <param name="Amount">Won.</param>
internal sealed record BookLine(string Fact, long? OrderId, long? PaymentId, long Amount);

/// <summary>Something about which the books do not agree.</summary>
/// <param name="Kind">One of <see cref="DifferenceKind"/>.</param>
/// <param name="OrderId">The order, if any is named.</param>
/// <param name="PaymentId">The payment, if any is named.</param>
/// <param name="ProviderAmount">Won at the provider, negative where it was given back; null when the provider does not have it.</param>
/// <param name="PaymentAmount">The same in the book of Payments.</param>
/// <param name="LedgerAmount">The same in the ledger.</param>
internal sealed record Difference(
    string Kind, long? OrderId, long? PaymentId, long? ProviderAmount, long? PaymentAmount, long? LedgerAmount);

/// <summary>How the books may disagree about a fact.</summary>
internal static class DifferenceKind
{
    /// <summary>A book has it more than once: a line for each payment under which it stands, the first with what the provider has. Amounts are sums.</summary>
    public const string Duplicated = "DUPLICATED";

    /// <summary>All books have it, with different amounts.</summary>
    public const string AmountDiffers = "AMOUNT_DIFFERS";

    // Two books have it.
    public const string MissingAtProvider = "MISSING_AT_PROVIDER";
    public const string MissingInPayments = "MISSING_IN_PAYMENTS";
    public const string MissingInLedger = "MISSING_IN_LEDGER";

    // One book has it.
    public const string OnlyAtProvider = "ONLY_AT_PROVIDER";
    public const string OnlyInPayments = "ONLY_IN_PAYMENTS";
    public const string OnlyInLedger = "ONLY_IN_LEDGER";
}

/// <summary>Compares three books, fact by fact. A fact is known by its order and by whether money was taken or given back.</summary>
internal sealed class Comparison
{
    private readonly Dictionary<(long OrderId, string Fact), Standing> _facts = [];
    private readonly List<Difference> _unknown = [];

    /// <summary>Enters a line of a book.</summary>
    public void Add(Book book, BookLine line)
    {
        var amount = line.Fact == Recording.Ledger.Refund ? -line.Amount : line.Amount;
        if (line.OrderId is not { } orderId)
        {
            _unknown.Add(new(DifferenceKind.OnlyAtProvider, OrderId: null, PaymentId: null, amount, PaymentAmount: null, LedgerAmount: null));
            return;
        }

        if (!_facts.TryGetValue((orderId, line.Fact), out var standing))
        {
            _facts.Add((orderId, line.Fact), standing = new Standing());
        }

        standing[book].Add(amount, line.PaymentId);
    }

    /// <summary>How many facts all books agree about, and what they do not agree about, by order.</summary>
    public (long Matched, IReadOnlyList<Difference> Differences) Result()
    {
        var differences = new List<Difference>();
        long matched = 0;
        foreach (var ((orderId, _), standing) in _facts.OrderBy(fact => fact.Key))
        {
            var before = differences.Count;
            differences.AddRange(standing.Differences(orderId));
            matched += differences.Count == before ? 1 : 0;
        }

        return (matched, [.. differences, .. _unknown]);
    }

    private sealed class Standing
    {
        private Entry _provider;
        private Entry _payments;
        private Entry _ledger;

        public ref Entry this[Book book]
        {
            get
            {
                switch (book)
                {
                    case Book.Provider:
                        return ref _provider;
                    case Book.Payments:
                        return ref _payments;
                    default:
                        return ref _ledger;
                }
            }
        }

        public IEnumerable<Difference> Differences(long orderId)
        {
            if (_provider.Count > 1 || _payments.Count > 1 || _ledger.Count > 1)
            {
                return _payments.Lines.Concat(_ledger.Lines).Select(line => line.PaymentId).Distinct().DefaultIfEmpty(null).Select((payment, number) =>
                    new Difference(
                        DifferenceKind.Duplicated, orderId, payment, number == 0 ? _provider.Shown : null, _payments.Of(payment), _ledger.Of(payment)));
            }

            // A payment that the ledger knows by another number is missing in it, and what it has under that number is nobody else's.
            return _payments.Count == 1 && _ledger.Count == 1 && _payments.PaymentId != _ledger.PaymentId
                ? [.. Compare(orderId, _provider, _payments, default), .. Compare(orderId, default, default, _ledger)]
                : Compare(orderId, _provider, _payments, _ledger);
        }

        private static IEnumerable<Difference> Compare(long orderId, Entry provider, Entry payments, Entry ledger) =>
            KindOf(provider, payments, ledger) is { } kind ? [Of(kind, orderId, provider, payments, ledger)] : [];

        private static string? KindOf(Entry provider, Entry payments, Entry ledger) =>
            (provider.Count, payments.Count, ledger.Count) switch
            {
                (1, 1, 1) when provider.Amount == payments.Amount && payments.Amount == ledger.Amount => null,
                (1, 1, 1) => DifferenceKind.AmountDiffers,
                (0, 1, 1) => DifferenceKind.MissingAtProvider,
                (1, 0, 1) => DifferenceKind.MissingInPayments,
                (1, 1, 0) => DifferenceKind.MissingInLedger,
                (1, 0, 0) => DifferenceKind.OnlyAtProvider,
                (0, 1, 0) => DifferenceKind.OnlyInPayments,
                _ => DifferenceKind.OnlyInLedger,
            };

        private static Difference Of(string kind, long orderId, Entry provider, Entry payments, Entry ledger) =>
            new(kind, orderId, payments.PaymentId ?? ledger.PaymentId, provider.Shown, payments.Shown, ledger.Shown);
    }

    /// <summary>What a book has of a fact. The usual single line needs no list.</summary>
    private struct Entry
    {
        private List<(long? PaymentId, long Amount)>? _lines;

        public int Count { get; private set; }

        public long Amount { get; private set; }

        public long? PaymentId { get; private set; }

        public readonly long? Shown => Count == 0 ? null : Amount;

        public readonly IReadOnlyList<(long? PaymentId, long Amount)> Lines => _lines ?? (Count == 0 ? [] : [(PaymentId, Amount)]);

        public void Add(long amount, long? paymentId)
        {
            _lines = Count == 1 ? [(PaymentId, Amount)] : _lines;
            _lines?.Add((paymentId, amount));
            Count++;
            Amount = checked(Amount + amount);
            PaymentId ??= paymentId;
        }

        /// <summary>What it has under a payment.</summary>
        public readonly long? Of(long? paymentId) =>
            Lines.Where(line => line.PaymentId == paymentId).Select(line => line.Amount).ToList() is [_, ..] amounts ? amounts.Sum() : null;
    }
}
