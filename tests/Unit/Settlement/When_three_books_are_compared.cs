using ShopSaga.Settlement.Reconciling;

namespace ShopSaga.Tests.Unit.Settlement;

internal sealed class When_three_books_are_compared
{
    [TestCase(null, 500L, 500L, "MISSING_AT_PROVIDER")]
    [TestCase(500L, null, 500L, "MISSING_IN_PAYMENTS")]
    [TestCase(500L, 500L, null, "MISSING_IN_LEDGER")]
    [TestCase(500L, null, null, "ONLY_AT_PROVIDER")]
    [TestCase(null, 500L, null, "ONLY_IN_PAYMENTS")]
    [TestCase(null, null, 500L, "ONLY_IN_LEDGER")]
    [TestCase(501L, 500L, 500L, "AMOUNT_DIFFERS")]
    [TestCase(500L, 501L, 500L, "AMOUNT_DIFFERS")]
    [TestCase(500L, 500L, 501L, "AMOUNT_DIFFERS")]
    [TestCase(1L, 2L, 3L, "AMOUNT_DIFFERS")]
    [TestCase(null, 500L, 501L, "MISSING_AT_PROVIDER")]
    public void Should_say_how_the_books_differ(long? provider, long? payments, long? ledger, string kind)
    {
        var (matched, differences) = Compare(Line(Book.Provider, provider), Line(Book.Payments, payments), Line(Book.Ledger, ledger));

        Assert.That(differences, Is.EqualTo(new[]
        {
            new Difference(kind, 1, payments is null && ledger is null ? null : 9, provider, payments, ledger),
        }));
        Assert.That(matched, Is.Zero);
    }

    [Test]
    public void Should_keep_captures_and_refunds_apart()
    {
        var (matched, differences) = Compare(
            (Book.Provider, new("CAPTURE", 1, null, 500)),
            (Book.Payments, new("CAPTURE", 1, 9, 500)),
            (Book.Ledger, new("CAPTURE", 1, 9, 500)),
            (Book.Provider, new("REFUND", 1, null, 500)),
            (Book.Payments, new("REFUND", 1, 9, 500)),
            (Book.Ledger, new("REFUND", 1, 9, 400)));

        Assert.That((matched, differences.Single()), Is.EqualTo((1, new Difference("AMOUNT_DIFFERS", 1, 9, -500, -500, -400))));
    }

    [Test]
    public void Should_order_differences_by_order()
    {
        var (_, differences) = Compare(
            [.. new long[] { 3, 10, 2, 1 }.Select(order => (Book.Ledger, new BookLine("CAPTURE", order, order, 1)))]);

        Assert.That(differences.Select(difference => difference.OrderId), Is.EqualTo(new[] { 1, 2, 3, 10 }));
    }

    [Test]
    public void Should_find_the_order_that_was_charged_twice_and_the_one_that_was_not()
    {
        var (matched, differences) = Compare(
            (Book.Provider, new("CAPTURE", 1, null, 500)), (Book.Provider, new("CAPTURE", 1, null, 400)),
            (Book.Payments, new("CAPTURE", 1, 9, 500)), (Book.Ledger, new("CAPTURE", 1, 9, 500)),
            (Book.Payments, new("CAPTURE", 2, 10, 70)), (Book.Ledger, new("CAPTURE", 2, 10, 70)));

        Assert.That(
            differences,
            Is.EqualTo(new Difference[] { new("DUPLICATED", 1, 9, 900, 500, 500), new("MISSING_AT_PROVIDER", 2, 10, null, 70, 70) }));
        Assert.That(matched, Is.Zero);
    }

    [Test]
    public void Should_name_every_payment_of_a_duplicated_order()
    {
        var (_, differences) = Compare(
            (Book.Provider, new("CAPTURE", 1, null, 500)), (Book.Payments, new("CAPTURE", 1, 9, 500)),
            (Book.Ledger, new("CAPTURE", 1, 77, 400)), (Book.Ledger, new("CAPTURE", 1, 9, 500)), (Book.Ledger, new("CAPTURE", 1, 77, 30)));

        Assert.That(
            differences,
            Is.EqualTo(new Difference[] { new("DUPLICATED", 1, 9, 500, 500, 500), new("DUPLICATED", 1, 77, null, null, 430) }));
    }

    [Test]
    public void Should_name_a_refund_that_only_the_provider_has_and_has_twice()
    {
        var (_, differences) = Compare((Book.Provider, new("REFUND", 1, null, 500)), (Book.Provider, new("REFUND", 1, null, 500)));

        Assert.That(differences, Is.EqualTo(new Difference[] { new("DUPLICATED", 1, null, -1000, null, null) }));
    }

    private static (Book, BookLine)? Line(Book book, long? amount) =>
        amount is { } some ? (book, new BookLine("CAPTURE", 1, book == Book.Provider ? null : 9, some)) : null;

    private static (long Matched, IReadOnlyList<Difference> Differences) Compare(params (Book Book, BookLine Line)?[] lines)
    {
        var comparison = new BookComparison();
        foreach (var line in lines)
        {
            if (line is var (book, entry))
            {
                comparison.Add(book, entry);
            }
        }

        return comparison.Result();
    }
}
