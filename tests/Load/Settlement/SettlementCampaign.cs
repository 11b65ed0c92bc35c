using System.Diagnostics;
using Dapper;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using ShopSaga.Hosting.Business;
using ShopSaga.Hosting.Database;
using ShopSaga.Settlement.Closing;
using ShopSaga.Settlement.Entering;
using ShopSaga.Settlement.Reporting;

namespace ShopSaga.Load.Settlement;

/// <summary>
/// Measures how many payments a second the ledger records, and how long reading and closing a day takes, with 5 thousand, 500 thousand and
/// 5 million entries. Ratios refer to the day with 5 thousand entries in the same run, unless the name says otherwise: scanning the entries
/// at each request, or one row of totals for a day.
/// </summary>
internal static class SettlementCampaign
{
    private const string Database = "load_settlement";
    private const int Writers = 16;
    private const int Rounds = 3;
    private const int Reads = 300;
    private const int Scans = 3;
    private static readonly TimeSpan IngestTime = TimeSpan.FromSeconds(4);
    private static readonly DateOnly BusyDay = new(2026, 6, 10);
    private static readonly FilledDay[] FilledDays =
    [
        new("5k", new(2026, 3, 10), 5_000), new("500k", new(2026, 4, 10), 500_000), new("5M", new(2026, 5, 10), 5_000_000),
    ];

    private static readonly BusinessCalendar Calendar = new(new ConfigurationBuilder().Build(), TimeProvider.System);
    private static readonly Ledger Ledger = new(Calendar, TimeProvider.System, NullLogger<Ledger>.Instance);
    private static long _lastPayment = 1_000_000_000_000_000;

    public static async Task Run(Report report)
    {
        DapperTypes.Register();
        await Servers.CreateDatabase(Database);
        await using (var database = NpgsqlDataSource.Create(Servers.Database(Database)))
        {
            await Install(database);
            foreach (var day in FilledDays)
            {
                Console.WriteLine($"Filling {day.Date:yyyy-MM-dd} with {day.Entries} entries");
                await Fill(day);
            }

            await Servers.Execute(Database, "VACUUM ANALYZE");
            await MeasureReads(report, database);
            await MeasureIngest(report, database);
            await MeasureCloses(report, database);
        }

        await Servers.DropDatabase(Database);
    }

    private static async Task Install(NpgsqlDataSource database)
    {
        await using var connection = await database.OpenConnectionAsync();
        foreach (var (_, script) in SchemaScripts.Read(typeof(Ledger).Assembly))
        {
            await connection.ExecuteAsync(script);
        }
    }

    /// <summary>Inserts entries in bulk, with the totals that the handler would have written.</summary>
    private static Task Fill(FilledDay day) => Servers.Execute(
        Database,
        $"""
        ALTER TABLE entries DISABLE TRIGGER counts_in_the_open_day;
        INSERT INTO entries (payment_id, order_id, fact, kind, amount, occurred_at, business_date, report_date, recorded_at)
        SELECT {day.Date.DayNumber}::bigint * 100000000 + n, n, 'CAPTURE', 'CAPTURE', 1000 + n % 1000, date, date, date, now()
        FROM generate_series(1, {day.Entries}) AS n CROSS JOIN (VALUES (DATE '{day.Date:yyyy-MM-dd}')) AS day (date);
        INSERT INTO daily_totals (report_date, slot, total_amount, payment_count, refund_amount, refund_count)
        SELECT report_date, order_id % 64, sum(amount), count(*), 0, 0
        FROM entries
        WHERE report_date = '{day.Date:yyyy-MM-dd}'
        GROUP BY report_date, order_id % 64;
        ALTER TABLE entries ENABLE ALWAYS TRIGGER counts_in_the_open_day;
        """);

    private static async Task MeasureReads(Report report, NpgsqlDataSource database)
    {
        var reads = await InTurns(Reads, day => Read(database, day));
        var scans = await InTurns(Scans, day => Scan(database, day));
        foreach (var day in FilledDays)
        {
            report.Add($"settlement.read.{day.Name}", reads[day], "ms", reads[FilledDays[0]]);
        }

        foreach (var day in FilledDays)
        {
            report.Add($"settlement.scan-against-read.{day.Name}", scans[day], "ms", reads[day]);
        }
    }

    private static async Task MeasureIngest(Report report, NpgsqlDataSource database)
    {
        var rates = FilledDays.ToDictionary(day => day, _ => new List<double>());
        var oneRow = new List<double>();

        // With a constant backend id every connection updates the same slot: one row of totals.
        await Servers.Execute(Database, "CREATE FUNCTION public.pg_backend_pid() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'");
        await using var withOneRow = NpgsqlDataSource.Create(Servers.Database(Database) + ";Search Path=public,pg_catalog");
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var day in FilledDays)
            {
                rates[day].Add(await Ingest(database, day.Date));
            }

            oneRow.Add(await Ingest(withOneRow, BusyDay));
        }

        foreach (var day in FilledDays)
        {
            report.Add($"settlement.ingest.{day.Name}", Median(rates[day]), "entries/s", Median(rates[FilledDays[0]]));
        }

        report.Add("settlement.ingest.5k.against-one-row", Median(rates[FilledDays[0]]), "entries/s", Median(oneRow));
    }

    /// <summary>Closing counts the entries once for each day: the only operation that takes longer for a larger day.</summary>
    private static async Task MeasureCloses(Report report, NpgsqlDataSource database)
    {
        var closes = await InTurns(1, day => Close(database, day));
        foreach (var day in FilledDays)
        {
            report.Add($"settlement.close.{day.Name}", closes[day], "ms", closes[FilledDays[0]]);
        }

        var closed = await InTurns(Reads, day => Read(database, day));
        foreach (var day in FilledDays)
        {
            report.Add($"settlement.read-closed.{day.Name}", closed[day], "ms", closed[FilledDays[0]]);
        }
    }

    private static async Task Read(NpgsqlDataSource database, FilledDay day)
    {
        var read = (await SettlementPeriod.Read(database, day.Date, day.Date, CancellationToken.None)).Day(day.Date);
        if (read.PaymentCount < day.Entries)
        {
            throw new InvalidOperationException(
                $"{day.Date:yyyy-MM-dd} shows {read.PaymentCount} payments, but has at least {day.Entries}.");
        }
    }

    /// <summary>Reads a day without running totals.</summary>
    private static async Task Scan(NpgsqlDataSource database, FilledDay day)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.QuerySingleAsync<(long, long)>(
            "SELECT sum(amount)::bigint, count(*) FROM entries WHERE report_date = @Date", new { day.Date }, commandTimeout: 0);
    }

    private static async Task Close(NpgsqlDataSource database, FilledDay day)
    {
        await using var storage = await Storage.Begin(database);
        await using var session = new TestableTransactionalSession { SynchronizedStorageSession = storage };
        var months = new MonthlyClosing(TimeProvider.System, NullLogger<MonthlyClosing>.Instance);
        await new DailyClosing(months, TimeProvider.System, NullLogger<DailyClosing>.Instance)
            .Close(day.Date, session, CancellationToken.None);
        await storage.Commit();
    }

    /// <summary>Entries per second from concurrent connections, each entry in its own transaction.</summary>
    private static async Task<double> Ingest(NpgsqlDataSource database, DateOnly date)
    {
        var at = Calendar.InstantsOf(date).From.AddHours(12);
        var started = Stopwatch.GetTimestamp();
        var taken = 0;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(started) < IngestTime)
            {
                await using var storage = await Storage.Begin(database);
                var payment = Interlocked.Increment(ref _lastPayment);
                await Ledger.Enter(new Sql(storage, CancellationToken.None), EntryType.Capture, payment, payment, 1000, at);
                await storage.Commit();
                Interlocked.Increment(ref taken);
            }
        })));
        return taken / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>The median milliseconds for each day. The days take turns, so that noise affects all of them.</summary>
    private static async Task<Dictionary<FilledDay, double>> InTurns(int turns, Func<FilledDay, Task> run)
    {
        var times = FilledDays.ToDictionary(day => day, _ => new List<double>());
        for (var turn = 0; turn < turns; turn++)
        {
            foreach (var day in FilledDays)
            {
                var started = Stopwatch.GetTimestamp();
                await run(day);
                times[day].Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
        }

        return times.ToDictionary(time => time.Key, time => Median(time.Value));
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private sealed record FilledDay(string Name, DateOnly Date, int Entries);
}
