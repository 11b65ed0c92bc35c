using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Business;
using ShopSaga.Settlement.Closing;
using ShopSaga.Settlement.Entering;
using ShopSaga.Settlement.Reporting;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Settlement;

/// <summary>The handlers of Settlement on a database of its own, each message in its own transaction.</summary>
internal sealed class TestBooks : IAsyncDisposable
{
    private const int PatienceMs = 60_000;

    private readonly Ledger _ledger = new(
        new BusinessCalendar(new ConfigurationBuilder().Build(), TimeProvider.System),
        TimeProvider.System,
        NullLogger<Ledger>.Instance);

    private readonly DailyClosing _days = new(
        new MonthlyClosing(TimeProvider.System, NullLogger<MonthlyClosing>.Instance),
        TimeProvider.System,
        NullLogger<DailyClosing>.Instance);

    private readonly ConcurrentQueue<object> _published = [];

    private TestBooks(TestDatabase database) => Database = database;

    public TestDatabase Database { get; }

    public static async Task<TestBooks> Open() => new(await TestDatabase.Create(typeof(Ledger).Assembly));

    /// <summary>The published events, in the order of the commits.</summary>
    public IReadOnlyCollection<object> Published => _published;

    public static DateOnly Date(string date) => DateOnly.ParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static DateTimeOffset At(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture);

    public static PaymentCompleted Completed(long paymentId, long amount, string at) => new(
        paymentId + 1000, paymentId, 7, amount, "CARD", At(at));

    public static PaymentRefunded Refunded(long paymentId, long amount, string at) => new(paymentId + 1000, paymentId, amount, At(at));

    public async Task Handle(object message)
    {
        await using var session = await TestSqlSession.Begin(Database.Source);
        await Handle(message, session);
        await session.Commit();
    }

    /// <summary>Handles the message, and leaves the commit to the caller.</summary>
    public async Task Handle(object message, TestSqlSession session)
    {
        var context = new TestableMessageHandlerContext { SynchronizedStorageSession = session };
        await (message switch
        {
            PaymentCompleted completed => new EnterCaptureHandler(_ledger).Handle(completed, context),
            PaymentRefunded refunded => new EnterRefundHandler(_ledger).Handle(refunded, context),
            _ => throw new ArgumentException("Settlement does not handle it.", nameof(message)),
        });
    }

    public async Task<DailySettlement> Close(DateOnly date)
    {
        await using var session = await TestSqlSession.Begin(Database.Source);
        var closed = await Close(date, session);
        return await closed.Commit();
    }

    /// <summary>Closes the day, and leaves the commit to the caller.</summary>
    public async Task<UncommittedClose> Close(DateOnly date, TestSqlSession session)
    {
        var outgoing = new TestableTransactionalSession { SynchronizedStorageSession = session };
        return new(await _days.Close(date, outgoing, CancellationToken.None), session, outgoing, _published);
    }

    public async Task Close(string first, string last)
    {
        for (var day = Date(first); day <= Date(last); day = day.AddDays(1))
        {
            await Close(day);
        }
    }

    public async Task<DailySettlement> Settlement(DateOnly day) =>
        (await SettlementPeriod.Read(Database.Source, day, day, CancellationToken.None)).Day(day);

    public async Task<Totals> Day(string date)
    {
        var day = await Settlement(Date(date));
        return new(day.TotalAmount, day.PaymentCount, day.RefundAmount, day.RefundCount);
    }

    public async Task<MonthlySettlement> Month(string month)
    {
        var asked = ShopSaga.Settlement.Month.Parse(nameof(month), month);
        return (await SettlementPeriod.Read(Database.Source, asked.FirstDay, asked.LastDay, CancellationToken.None)).Month(asked);
    }

    /// <summary>Waits until a transaction waits for the lock of a day.</summary>
    public void AwaitLockWait() => Assert.That(
        () => Database.QuerySingle<long>(
            """
            SELECT count(*)
            FROM pg_locks
            WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """),
        Is.Positive.After(PatienceMs, 10));

    /// <summary>The totals of every day are the sums of its entries.</summary>
    public async Task AssertTotalsAreTheSums() => Assert.That(
        await Database.QuerySingle<long>(
            """
            SELECT count(*)
            FROM (
                SELECT report_date, sum(total_amount), sum(payment_count), sum(refund_amount), sum(refund_count)
                FROM daily_totals GROUP BY report_date) AS totals (report_date, a, b, c, d)
            FULL JOIN (
                SELECT report_date,
                    coalesce(sum(amount) FILTER (WHERE fact = 'CAPTURE'), 0), count(*) FILTER (WHERE fact = 'CAPTURE'),
                    coalesce(sum(amount) FILTER (WHERE fact = 'REFUND'), 0), count(*) FILTER (WHERE fact = 'REFUND')
                FROM entries GROUP BY report_date) AS entries (report_date, a, b, c, d) USING (report_date)
            WHERE (totals.a, totals.b, totals.c, totals.d) IS DISTINCT FROM (entries.a, entries.b, entries.c, entries.d)
            """),
        Is.Zero,
        "days whose totals are not the sums of their entries");

    /// <summary>The stored figures of every closed day and month are the sums of its entries.</summary>
    public async Task AssertSettlementsAreTheSums()
    {
        Assert.That(
            await Database.Query<DateOnly>(
                """
                SELECT report_date
                FROM daily_settlements AS day
                WHERE (total_amount, payment_count, refund_amount, refund_count) <> (
                    SELECT
                        coalesce(sum(amount) FILTER (WHERE fact = 'CAPTURE'), 0), count(*) FILTER (WHERE fact = 'CAPTURE'),
                        coalesce(sum(amount) FILTER (WHERE fact = 'REFUND'), 0), count(*) FILTER (WHERE fact = 'REFUND')
                    FROM entries WHERE report_date = day.report_date)
                """),
            Is.Empty,
            "closed days that are not the sums of their entries");
        Assert.That(
            await Database.Query<string>(
                """
                SELECT settlement_year_month
                FROM monthly_settlements AS month
                WHERE (total_amount, payment_count, refund_amount, refund_count) <> (
                    SELECT sum(total_amount), sum(payment_count), sum(refund_amount), sum(refund_count)
                    FROM daily_settlements WHERE to_char(report_date, 'YYYY-MM') = settlement_year_month)
                """),
            Is.Empty,
            "closed months that are not the sums of their days");
    }

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    internal sealed record UncommittedClose(
        DailySettlement Day, TestSqlSession Session, TestableTransactionalSession Outgoing, ConcurrentQueue<object> Published)
    {
        public async Task<DailySettlement> Commit()
        {
            await Session.Commit();
            Array.ForEach(Outgoing.PublishedMessages, published => Published.Enqueue(published.Message));
            return Day;
        }
    }
}
