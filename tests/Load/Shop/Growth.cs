using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Dapper;
using Npgsql;
using RabbitMQ.Client;

namespace ShopSaga.Load.Shop;

/// <summary>How much a shop has grown.</summary>
/// <param name="FinalOrders">Half of them confirmed, each with an entry in the ledger; half of them declined.</param>
internal sealed record GrowthSizes(long FinalOrders)
{
    /// <summary>Fewer are drained before the rate can be measured.</summary>
    private const int MinBacklog = 1_000;

    /// <summary>The environment variable for another number of final orders. Everything else is in proportion.</summary>
    public const string Variable = "BENCH_ORDERS";

    /// <summary>Records of handled messages, in all outboxes.</summary>
    public long Records => FinalOrders * 5;

    /// <summary>Records that are older than they are kept.</summary>
    public long DueRecords => FinalOrders / 2;

    /// <summary>Orders that wait for their payments.</summary>
    public long OpenOrders => FinalOrders / 100;

    /// <summary>Messages that wait in a queue.</summary>
    public long Backlog => Math.Max(10 * MinBacklog, FinalOrders / 50);

    /// <summary>What the backlog is compared with.</summary>
    public long ShortBacklog => Backlog / 10;

    /// <summary>Payments that Settlement has not heard of: those of both backlogs.</summary>
    public long Unsettled => Backlog + ShortBacklog;

    /// <summary>Ten million orders, unless the environment says otherwise.</summary>
    public static GrowthSizes FromEnvironment() => new(
        long.Parse(Environment.GetEnvironmentVariable(Variable) ?? "10000000", CultureInfo.InvariantCulture));
}

/// <summary>
/// Measures whether the shop becomes slower as it grows: the same load on an empty shop, then with what years of orders leave, then while
/// that is cleaned up and vacuumed. Ratios are to the empty shop.
/// </summary>
internal sealed class Growth(Report report, OpenShop shop, ShopLoad load, Mix mix, TimeSpan duration)
{
    /// <summary>Of the orders that the empty shop confirms at saturation: a load at which latency is not that of waiting.</summary>
    private const double ModerateShare = 0.4;

    private const string Settlement = "ShopSaga.Settlement";
    private static readonly string[] Databases = ["orderdb", "paymentdb", "productdb", "settlementdb", "userdb"];
    private readonly GrowthSizes _sizes = GrowthSizes.FromEnvironment();

    /// <summary>Measures everything on the stack at hand.</summary>
    public async Task Run()
    {
        var data = new GrownData(_sizes, await FinalOrder(mix), await FinalOrder(mix with { Declines = 1 }));
        var empty = await MeasureLoad("empty", perSecond: null, reference: null);
        var shortDrain = await Drain(data.FirstUnsettled, _sizes.ShortBacklog);
        report.Add("shop.growth.empty.drain", shortDrain, "messages/s");

        var started = Stopwatch.GetTimestamp();
        await data.Fill();
        report.Add("shop.growth.orders", _sizes.FinalOrders, "orders");
        report.Add("shop.growth.size", await Servers.Count("postgres", "SELECT sum(pg_database_size(oid)) FROM pg_database") / 1e9, "GB");
        report.Add("shop.growth.filled-in", Stopwatch.GetElapsedTime(started).TotalSeconds, "s");
        shop.FirstOrder = data.LastId + 1;

        // Sessions plan anew, and caches fill.
        await shop.LogInCustomers();
        await load.Saturate(mix, duration / 2);
        var grown = await MeasureLoad("grown", empty.PerSecond, empty);

        await data.AddDueRecords();
        var due = await GrownData.CountDueRecords();
        using var measured = new CancellationTokenSource();
        var vacuum = GrownData.VacuumUntil(measured.Token);
        await MeasureLoad("cleaned", empty.PerSecond, grown);
        await measured.CancelAsync();
        await vacuum;
        var left = await GrownData.CountDueRecords();
        report.Add("shop.growth.cleaned.records", due - left, "records");
        report.Add("shop.growth.cleaned.left", left, "records");
        report.Add(
            "shop.growth.drain", await Drain(data.FirstUnsettled + _sizes.ShortBacklog, _sizes.Backlog), "messages/s", shortDrain);
    }

    private async Task<Loaded> MeasureLoad(string name, double? perSecond, Loaded? reference)
    {
        await shop.LogInCustomers();
        var (rows, started) = (await RowsScanned(), DateTime.UtcNow);
        var throughput = await load.Saturate(mix, duration);
        var orders = await shop.CountFinal(started, DateTime.UtcNow);
        var scanned = (await RowsScanned()).Select(table => (table.Key, Rows: (table.Value - rows[table.Key]) / (double)orders)).ToList();
        report.Add($"shop.growth.{name}.final", throughput.Final, "orders/s", reference?.Final);
        report.Add($"shop.growth.{name}.scanned", scanned.Sum(table => table.Rows), "rows/order");
        foreach (var (table, read) in scanned.OrderByDescending(table => table.Rows).Take(3))
        {
            report.Add($"shop.growth.{name}.scanned.{table}", read, "rows/order");
        }

        await shop.LogInCustomers();
        var rate = perSecond ?? throughput.Final * ModerateShare;
        var arrivals = await load.Arrive(mix, rate, duration);
        var latencies = arrivals.Latencies();
        var (p50, p99) = (latencies.GetValueAtPercentile(50) / 1000.0, latencies.GetValueAtPercentile(99) / 1000.0);
        report.Add($"shop.growth.{name}.rate", rate, "orders/s");
        report.Add($"shop.growth.{name}.p50", p50, "ms", reference?.P50);
        report.Add($"shop.growth.{name}.p99", p99, "ms", reference?.P99);
        report.Add($"shop.growth.{name}.refused", arrivals.Refused, "orders");
        return new Loaded(throughput.Final, rate, p50, p99);
    }

    private async Task<long> FinalOrder(Mix one)
    {
        var id = await shop.Order(one, new Random(0)) ?? throw new InvalidOperationException("The empty shop is overloaded.");
        await shop.AllFinal();
        // Other services hear of it later.
        await Eventually.Is(
            async () => await Servers.Count("orderdb", $"SELECT count(*) FROM order_events WHERE order_id = {id}") == 5,
            $"order {id} is complete");
        return id;
    }

    /// <summary>
    /// The rows that sequential scans have read of each table: more of them for each order in a grown shop are a missing index, or a query
    /// that reads everything.
    /// </summary>
    private static async Task<Dictionary<string, long>> RowsScanned()
    {
        var rows = new Dictionary<string, long>();
        foreach (var database in Databases)
        {
            await using var connection = new NpgsqlConnection(Servers.Database(database));
            foreach (var (table, count) in await connection.QueryAsync<(string, long)>(
                "SELECT relname::text, coalesce(seq_tup_read, 0) FROM pg_stat_user_tables"))
            {
                rows[$"{database}.{table}"] = count;
            }
        }

        return rows;
    }

    /// <summary>
    /// Settlement is away while payments are completed, comes back and enters them all in the ledger. Returns how many a second.
    /// </summary>
    /// <param name="firstPayment">The first of them. What the messages tell is in the other books, or will be.</param>
    /// <param name="payments">How many.</param>
    private async Task<double> Drain(long firstPayment, long payments)
    {
        await Signal("STOP");
        await using (var connection = await Servers.Connect())
        {
            await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
            var publishing = new List<Task>();
            for (var payment = firstPayment; payment < firstPayment + payments; payment++)
            {
                publishing.Add(Publish(channel, payment).AsTask());
            }

            await Task.WhenAll(publishing);
        }

        await Signal("CONT");
        var before = await Entered(1);
        var started = Stopwatch.GetTimestamp();
        await Entered(payments);
        return (payments - before) / Stopwatch.GetElapsedTime(started).TotalSeconds;

        async Task<long> Entered(long atLeast)
        {
            while (true)
            {
                var entered = await Servers.Count(
                    "settlementdb",
                    $"SELECT count(*) FROM entries WHERE payment_id >= {firstPayment} AND payment_id < {firstPayment + payments}");
                if (entered >= atLeast)
                {
                    return entered;
                }

                await Task.Delay(100);
            }
        }
    }

    private static ValueTask Publish(IChannel channel, long payment)
    {
        var completed = new
        {
            OrderId = payment,
            PaymentId = payment,
            UserId = 1L,
            Amount = 1000L,
            PaymentMethod = "CARD",
            CompletedAt = DateTimeOffset.UtcNow,
        };
        var id = Guid.CreateVersion7().ToString();
        return channel.BasicPublishAsync(
            string.Empty,
            Settlement,
            mandatory: true,
            new BasicProperties
            {
                MessageId = id,
                Persistent = true,
                Headers = new Dictionary<string, object?>
                {
                    ["NServiceBus.MessageId"] = id,
                    ["NServiceBus.MessageIntent"] = "Publish",
                    ["NServiceBus.ContentType"] = "application/json",
                    ["NServiceBus.EnclosedMessageTypes"] = "ShopSaga.Contracts.Payments.PaymentCompleted",
                },
            },
            JsonSerializer.SerializeToUtf8Bytes(completed));
    }

    private static async Task Signal(string signal)
    {
        foreach (var process in ProcessTree.BelowLauncher()
            .Where(process => process.CommandLine.Contains($"{Settlement}.dll", StringComparison.Ordinal)))
        {
            using var kill = Process.Start("kill", [$"-{signal}", $"{process.Pid}"]);
            await kill.WaitForExitAsync();
        }
    }

    private sealed record Loaded(double Final, double PerSecond, double P50, double P99);
}
