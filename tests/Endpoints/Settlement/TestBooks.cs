using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Business;
using ShopSaga.Settlement.Recording;
using ShopSaga.Settlement.Reporting;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Settlement;

/// <summary>The handlers of Settlement on a database of its own, each message in its own transaction.</summary>
internal sealed class TestBooks : IAsyncDisposable
{
    private readonly Ledger _ledger = new(
        new BusinessCalendar(new ConfigurationBuilder().Build(), TimeProvider.System),
        TimeProvider.System,
        NullLogger<Ledger>.Instance);

    private TestBooks(TestDatabase database) => Database = database;

    public TestDatabase Database { get; }

    public static async Task<TestBooks> Open() => new(await TestDatabase.Create(typeof(Ledger).Assembly));

    public async Task Handle(object message)
    {
        await using var session = await TestSqlSession.Begin(Database.Source);
        var context = new TestableMessageHandlerContext { SynchronizedStorageSession = session };
        await (message switch
        {
            PaymentCompleted completed => new RecordCapture(_ledger).Handle(completed, context),
            PaymentRefunded refunded => new RecordRefund(_ledger).Handle(refunded, context),
            _ => throw new ArgumentException("Settlement does not handle it.", nameof(message)),
        });
        await session.Commit();
    }

    public async Task<Totals> Day(string date)
    {
        var day = DateOnly.ParseExact(date, "yyyy-MM-dd");
        return (await Totals.OfDays(Database.Source, day, day, CancellationToken.None)).GetValueOrDefault(day, Totals.Zero);
    }

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

    public ValueTask DisposeAsync() => Database.DisposeAsync();
}
