using ShopSaga.Settlement.Entering;

namespace ShopSaga.Settlement.Reconciling;

/// <summary>Compares three books, line by line. Lines of the same order and the same entry type belong together.</summary>
internal sealed class BookComparison
{
    private readonly Dictionary<(long OrderId, string EntryType), ComparedEntry> _entries = [];
    private readonly List<Difference> _withoutOrder = [];

    /// <summary>Adds a line of a book.</summary>
    public void Add(Book book, BookLine line)
    {
        var amount = line.EntryType == EntryType.Refund ? -line.Amount : line.Amount;
        if (line.OrderId is not { } orderId)
        {
            _withoutOrder.Add(new(
                DifferenceKind.OnlyAtProvider, OrderId: null, PaymentId: null, amount, PaymentAmount: null, LedgerAmount: null));
            return;
        }

        if (!_entries.TryGetValue((orderId, line.EntryType), out var entry))
        {
            _entries.Add((orderId, line.EntryType), entry = new ComparedEntry());
        }

        entry[book].Add(amount, line.PaymentId);
    }

    /// <summary>The number of captures and refunds about which all books agree, and the differences, by order.</summary>
    public (long Matched, IReadOnlyList<Difference> Differences) Result()
    {
        var differences = new List<Difference>();
        long matched = 0;
        foreach (var ((orderId, _), entry) in _entries.OrderBy(pair => pair.Key))
        {
            var before = differences.Count;
            differences.AddRange(entry.Differences(orderId));
            matched += differences.Count == before ? 1 : 0;
        }

        return (matched, [.. differences, .. _withoutOrder]);
    }

    /// <summary>One capture or refund as each of the books has it.</summary>
    private sealed class ComparedEntry
    {
        private BookLines _provider;
        private BookLines _payments;
        private BookLines _ledger;

        public ref BookLines this[Book book]
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
                var paymentIds = _payments.All.Concat(_ledger.All).Select(line => line.PaymentId).Distinct().DefaultIfEmpty(null);
                return paymentIds.Select((payment, number) => new Difference(
                    DifferenceKind.Duplicated,
                    orderId,
                    payment,
                    number == 0 ? _provider.Sum : null,
                    _payments.SumUnder(payment),
                    _ledger.SumUnder(payment)));
            }

            // With another payment id, the ledger lacks this payment and has a foreign one.
            return _payments.Count == 1 && _ledger.Count == 1 && _payments.PaymentId != _ledger.PaymentId
                ? [.. Compare(orderId, _provider, _payments, default), .. Compare(orderId, default, default, _ledger)]
                : Compare(orderId, _provider, _payments, _ledger);
        }

        private static IEnumerable<Difference> Compare(long orderId, BookLines provider, BookLines payments, BookLines ledger) =>
            KindOf(provider, payments, ledger) is { } kind ? [Of(kind, orderId, provider, payments, ledger)] : [];

        private static string? KindOf(BookLines provider, BookLines payments, BookLines ledger) =>
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

        private static Difference Of(string kind, long orderId, BookLines provider, BookLines payments, BookLines ledger) =>
            new(kind, orderId, payments.PaymentId ?? ledger.PaymentId, provider.Sum, payments.Sum, ledger.Sum);
    }

    /// <summary>
    /// The lines of one book. A list is made only for the second line: a day may have millions of orders, nearly all with one.
    /// </summary>
    private struct BookLines
    {
        private List<(long? PaymentId, long Amount)>? _lines;

        public int Count { get; private set; }

        public long Amount { get; private set; }

        public long? PaymentId { get; private set; }

        public readonly long? Sum => Count == 0 ? null : Amount;

        public readonly IReadOnlyList<(long? PaymentId, long Amount)> All => _lines ?? (Count == 0 ? [] : [(PaymentId, Amount)]);

        public void Add(long amount, long? paymentId)
        {
            _lines = Count == 1 ? [(PaymentId, Amount)] : _lines;
            _lines?.Add((paymentId, amount));
            Count++;
            Amount = checked(Amount + amount);
            PaymentId ??= paymentId;
        }

        /// <summary>The sum under a payment id; null when there is no line under it.</summary>
        public readonly long? SumUnder(long? paymentId) =>
            All.Where(line => line.PaymentId == paymentId).Select(line => line.Amount).ToList() is [_, ..] amounts ? amounts.Sum() : null;
    }
}
