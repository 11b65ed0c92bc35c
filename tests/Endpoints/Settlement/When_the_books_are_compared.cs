using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ShopSaga.Contracts.Settlement;
using ShopSaga.Settlement.Entering;
using ShopSaga.Settlement.Reconciling;
using ShopSaga.Tests.Endpoints.Support;
using static ShopSaga.Tests.Endpoints.Settlement.TestBooks;
using static ShopSaga.Tests.Endpoints.Settlement.ThreeBooks;

namespace ShopSaga.Tests.Endpoints.Settlement;

/// <summary>Corrupts each of the three books in every way, and expects exactly that difference.</summary>
internal sealed class When_the_books_are_compared
{
    private const string Capture = "CAPTURE";
    private const string Refund = "REFUND";
    private const int Lines = 4;
    private static readonly Book[] Books = Enum.GetValues<Book>();
    private static ThreeBooks _books = null!;
    private static int _lastDay;
    private static long _lastOrder;
    private DateOnly _date;
    private long _captured;
    private long _refunded;

    private static IEnumerable<TestCaseData> BooksAndEntryTypes =>
        from book in Books from entryType in new[] { Capture, Refund } select new TestCaseData(book, entryType);

    [OneTimeSetUp]
    public static async Task Open() => _books = await ThreeBooks.Open();

    [OneTimeTearDown]
    public static async Task Close() => await _books.DisposeAsync();

    /// <summary>
    /// A day of its own, with a payment that is not refunded, one that is, and one that no test changes; all books agree.
    /// </summary>
    [SetUp]
    public async Task EnterADay()
    {
        // Every other day, so that what is moved to the next day stays alone there.
        _date = Date("2024-01-01").AddDays(2 * Interlocked.Increment(ref _lastDay));
        var first = Interlocked.Add(ref _lastOrder, 10);
        (_captured, _refunded) = (first, first + 1);
        foreach (var book in Books)
        {
            await _books.Capture(book, _captured, 1000, _date);
            await _books.Capture(book, _refunded, 2000, _date);
            await _books.Refund(book, _refunded, 2000, _date);
            await _books.Capture(book, first + 2, 3000, _date);
        }
    }

    [Test]
    public async Task Should_match_when_they_agree()
    {
        var found = await _books.Reconcile(_date);

        Assert.That((found.Date, found.Matched, found.Differences.Count, found.NextCursor), Is.EqualTo((_date, Lines, 0, (string?)null)));
    }

    [Test]
    public async Task Should_publish_that_they_differ_each_time_they_do()
    {
        await using var events = await Subscription<BooksDiffered>.On(_books.Settlement.Broker);
        await _books.Reconcile(_date);
        await Corrupt(Book.Payments, Refund, (table, row, _) => $"DELETE FROM {table} WHERE {row}");

        await _books.Reconcile(_date);
        await _books.Reconcile(_date);

        for (var time = 1; time <= 2; time++)
        {
            var published = await events.Next(happened => happened.ReportDate == _date);
            Assert.That((published.ReportDate, published.Matched, published.Differences), Is.EqualTo((_date, (long)Lines - 1, 1)));
        }
    }

    [TestCase("0001-01-01")]
    [TestCase("9999-12-31")]
    public async Task Should_match_on_the_first_and_on_the_last_day_there_are(string date) =>
        Assert.That((await _books.Reconcile(Date(date))).Differences, Is.Empty);

    [TestCaseSource(nameof(BooksAndEntryTypes))]
    public async Task Should_find_a_line_that_is_missing_in_one(Book book, string entryType)
    {
        await Corrupt(book, entryType, (table, row, _) => $"DELETE FROM {table} WHERE {row}");

        await AssertFound(Lines - 1, Of(entryType, MissingFrom(book), book, amount => null));
    }

    [TestCaseSource(nameof(BooksAndEntryTypes))]
    public async Task Should_find_an_amount_that_differs(Book book, string entryType)
    {
        await Corrupt(book, entryType, (table, row, _) => $"UPDATE {table} SET amount = amount + 1 WHERE {row}");

        await AssertFound(Lines - 1, Of(entryType, "AMOUNT_DIFFERS", book, amount => amount + Math.Sign(amount)));
    }

    [TestCaseSource(nameof(BooksAndEntryTypes))]
    public async Task Should_find_a_line_that_one_has_twice(Book book, string entryType)
    {
        await Corrupt(book, entryType, (table, row, _) => $"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM {table} WHERE {row}");

        await AssertFound(Lines - 1, Of(entryType, "DUPLICATED", book, amount => 2 * amount));
    }

    [Test]
    public async Task Should_name_both_payments_under_which_the_ledger_has_an_order()
    {
        await Corrupt(Book.Ledger, Capture, (table, row, _) =>
            $"""
            INSERT INTO {table} (payment_id, order_id, fact, kind, amount, occurred_at, business_date, report_date, recorded_at)
            SELECT 77, order_id, fact, kind, amount, occurred_at, business_date, report_date, recorded_at FROM {table} WHERE {row}
            """);

        await AssertFound(
            Lines - 1,
            Of(Capture, "DUPLICATED", Book.Ledger, amount => amount),
            Alone(Book.Ledger, _captured, 1000) with { Kind = "DUPLICATED", PaymentId = 77 });
    }

    [TestCaseSource(nameof(BooksAndEntryTypes))]
    public async Task Should_find_a_line_of_another_day_on_both_days(Book book, string entryType)
    {
        await Corrupt(book, entryType, (table, row, time) =>
        {
            var columns = time.Split(',').Select(column => $"{column} = {column} + interval '1 day'");
            return $"UPDATE {table} SET {string.Join(", ", columns)} WHERE {row}";
        });

        var difference = Of(entryType, MissingFrom(book), book, amount => null);
        await AssertFound(Lines - 1, difference);
        var next = await _books.Reconcile(_date.AddDays(1));
        Assert.That(
            (next.Matched, next.Differences.Single()), Is.EqualTo((0, Alone(book, difference.OrderId!.Value, AmountOf(entryType)))));
    }

    [TestCaseSource(nameof(Books))]
    public async Task Should_find_a_payment_that_only_one_has(Book book)
    {
        await _books.Capture(book, _captured + 5, 700, _date);

        await AssertFound(Lines, Alone(book, _captured + 5, 700));
    }

    [TestCaseSource(nameof(Books))]
    public async Task Should_find_a_refund_that_only_one_has(Book book)
    {
        await _books.Refund(book, _captured, 1000, _date);

        await AssertFound(Lines, Alone(book, _captured, -1000));
    }

    [TestCaseSource(nameof(Books))]
    public async Task Should_find_a_line_under_another_order(Book book)
    {
        var other = _captured + 5;
        await Corrupt(book, Capture, (table, row, _) =>
            $"UPDATE {table} SET {(book == Book.Provider ? $"reference = 'order-{other}'" : $"order_id = {other}")} WHERE {row}");

        await AssertFound(
            Lines - 1,
            Of(Capture, MissingFrom(book), book, amount => null),
            Alone(book, other, 1000) with { PaymentId = book == Book.Provider ? null : PaymentOf(_captured) });
    }

    [TestCase("Order-1")]
    [TestCase("order-")]
    [TestCase("order-1x")]
    [TestCase("something else")]
    public async Task Should_find_a_charge_of_the_provider_without_an_order(string reference)
    {
        await Corrupt(Book.Provider, Capture, (table, row, _) => $"UPDATE {table} SET reference = '{reference}' WHERE {row}");

        await AssertFound(
            Lines - 1,
            Of(Capture, "MISSING_AT_PROVIDER", Book.Provider, amount => null),
            new Difference("ONLY_AT_PROVIDER", OrderId: null, PaymentId: null, 1000, PaymentAmount: null, LedgerAmount: null));
    }

    [TestCase(Capture)]
    [TestCase(Refund)]
    public async Task Should_find_an_entry_under_another_payment(string entryType)
    {
        await Corrupt(Book.Ledger, entryType, (table, row, _) => $"UPDATE {table} SET payment_id = 77 WHERE {row}");

        await AssertFound(
            Lines - 1,
            Of(entryType, "MISSING_IN_LEDGER", Book.Ledger, amount => null),
            Alone(Book.Ledger, OrderOf(entryType), AmountOf(entryType)) with { PaymentId = 77 });
    }

    [Test]
    public async Task Should_list_a_whole_missing_day_page_by_page()
    {
        await _books.Execute(Book.Ledger, "DELETE FROM entries WHERE business_date = @_date", new { _date });
        var whole = await _books.Reconcile(_date);
        Assert.That(whole.Differences.Select(difference => difference.Kind), Is.EqualTo(Enumerable.Repeat("MISSING_IN_LEDGER", Lines)));

        var first = await _books.Reconcile(_date, "?limit=3");
        await _books.Execute(Book.Provider, "DELETE FROM charges WHERE reference = @reference", new { reference = $"order-{_captured}" });
        var second = await _books.Reconcile(_date, $"?limit=3&cursor={first.NextCursor}");

        Assert.That(first.Differences.Concat(second.Differences), Is.EqualTo(whole.Differences), "as they were when the cursor was given");
        Assert.That((first.Differences.Count, second.NextCursor), Is.EqualTo((3, (string?)null)));
        using var elsewhere = await _books.Admin.GetAsync($"/settlements/reconciliation/2001-01-01?cursor={first.NextCursor}");
        await Problem.Expect(elsewhere, HttpStatusCode.BadRequest, "validation", "cursor");
    }

    [Test]
    public async Task Should_correct_nothing()
    {
        await _books.Execute(Book.Payments, "DELETE FROM payments WHERE order_id = @_captured", new { _captured });
        var before = await Checksums();

        await _books.Reconcile(_date);

        Assert.That(await Checksums(), Is.EqualTo(before));

        static async Task<string[]> Checksums() => await Task.WhenAll(Books.Select(_books.Checksum));
    }

    [Test]
    public async Task Should_write_the_differences_as_CSV()
    {
        await Corrupt(Book.Ledger, Refund, (table, row, _) => $"DELETE FROM {table} WHERE {row}");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/settlements/reconciliation/{_date:yyyy-MM-dd}");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/csv"));
        using var answer = await _books.Admin.SendAsync(request);

        Assert.That(
            await answer.Content.ReadAsStringAsync(),
            Is.EqualTo(
                "kind,orderId,paymentId,providerAmount,paymentAmount,ledgerAmount\r\n"
                + $"MISSING_IN_LEDGER,{_refunded},{PaymentOf(_refunded)},-2000,-2000,\r\n"));
    }

    [TestCase("2024-02-30")]
    [TestCase("today")]
    public async Task Should_name_what_is_wrong_with_a_date(string date)
    {
        using var answer = await _books.Admin.GetAsync($"/settlements/reconciliation/{date}");
        await Problem.Expect(answer, HttpStatusCode.BadRequest, "validation", "date");

        using var statement = await _books.Payments(ServiceApp<Ledger>.InternalKey).GetAsync($"/internal/statements/{date}");
        await Problem.Expect(statement, HttpStatusCode.BadRequest, "validation", "date");
    }

    [Test]
    public async Task Should_refuse_callers_who_are_not_administrators()
    {
        Assert.That(
            (await _books.Settlement.Anonymous().GetAsync("/settlements/reconciliation/2024-01-01")).StatusCode,
            Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(
            (await _books.Settlement.Customer(7).GetAsync("/settlements/reconciliation/2024-01-01")).StatusCode,
            Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [TestCase("")]
    [TestCase("wrong-key")]
    [TestCase("test-internal-key ")]
    public async Task Should_get_no_statement_of_payments_without_the_key(string key)
    {
        using var payments = _books.Payments(key);
        using var answer = await payments.GetAsync("/internal/statements/2024-01-01");

        await Problem.Expect(answer, HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Test]
    public async Task Should_get_no_statement_of_payments_with_an_access_token()
    {
        using var payments = _books.Payments(TestTokens.Admin());
        using var answer = await payments.GetAsync("/internal/statements/2024-01-01");

        await Problem.Expect(answer, HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Test]
    public async Task Should_get_the_captures_and_refunds_of_payments()
    {
        using var payments = _books.Payments(ServiceApp<Ledger>.InternalKey);
        var lines = await payments.GetFromJsonAsync<JsonArray>($"/internal/statements/{_date:yyyy-MM-dd}");

        Assert.That(lines!.Select(line => line!.ToJsonString()), Is.EquivalentTo(new[]
        {
            Line(Capture, _captured, 1000),
            Line(Capture, _refunded, 2000),
            Line(Refund, _refunded, 2000),
            Line(Capture, _captured + 2, 3000),
        }));

        static string Line(string entryType, long order, long amount) =>
            $$"""{"fact":"{{entryType}}","orderId":{{order}},"paymentId":{{PaymentOf(order)}},"amount":{{amount}}}""";
    }

    private static string MissingFrom(Book book) => book switch
    {
        Book.Provider => "MISSING_AT_PROVIDER",
        Book.Payments => "MISSING_IN_PAYMENTS",
        _ => "MISSING_IN_LEDGER",
    };

    private static long AmountOf(string entryType) => entryType == Capture ? 1000 : -2000;

    /// <summary>What only one book has.</summary>
    private static Difference Alone(Book book, long order, long amount) => book switch
    {
        Book.Provider => new("ONLY_AT_PROVIDER", order, PaymentId: null, amount, PaymentAmount: null, LedgerAmount: null),
        Book.Payments => new("ONLY_IN_PAYMENTS", order, PaymentOf(order), ProviderAmount: null, amount, LedgerAmount: null),
        _ => new("ONLY_IN_LEDGER", order, PaymentOf(order), ProviderAmount: null, PaymentAmount: null, amount),
    };

    private long OrderOf(string entryType) => entryType == Capture ? _captured : _refunded;

    /// <summary>What all books have, but one has differently.</summary>
    private Difference Of(string entryType, string kind, Book book, Func<long, long?> differently)
    {
        var amounts = Books.Select(other => other == book ? differently(AmountOf(entryType)) : AmountOf(entryType)).ToArray();
        return new(kind, OrderOf(entryType), PaymentOf(OrderOf(entryType)), amounts[0], amounts[1], amounts[2]);
    }

    /// <summary>Changes the row of a capture or refund in a book.</summary>
    private Task Corrupt(Book book, string entryType, Func<string, string, string, string> sql)
    {
        var order = OrderOf(entryType);
        var (table, row, time) = (book, entryType) switch
        {
            (Book.Provider, Capture) => ("charges", $"reference = 'order-{order}'", "charged_at"),
            (Book.Provider, _) => ("refunds", $"charge_id = (SELECT id FROM charges WHERE reference = 'order-{order}')", "refunded_at"),
            (Book.Payments, Capture) => ("payments", $"order_id = {order}", "completed_at"),
            (Book.Payments, _) => ("refunds", $"payment_id = {PaymentOf(order)}", "refunded_at"),
            _ => ("entries", $"order_id = {order} AND fact = '{entryType}'", "business_date,report_date"),
        };
        return _books.Execute(book, sql(table, row, time));
    }

    private async Task AssertFound(int matched, params Difference[] differences)
    {
        var found = await _books.Reconcile(_date);
        Assert.That(found.Differences, Is.EqualTo(differences));
        Assert.That(found.Matched, Is.EqualTo(matched));
    }
}
