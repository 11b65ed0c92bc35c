using Dapper;
using Npgsql;

namespace ShopSaga.Load.Shop;

/// <summary>
/// Fills the shop's databases with what years of business leave. An order that is filled in is a copy of a real one, row by row in each
/// table, with ids, a customer, a product and times of its own, so that the books still balance.
/// </summary>
/// <param name="sizes">How much.</param>
/// <param name="confirmed">The id of a real order that was confirmed.</param>
/// <param name="declined">The id of a real order whose payment was declined.</param>
internal sealed class GrownData(GrowthSizes sizes, long confirmed, long declined)
{
    /// <summary>
    /// Ids above this one are of filled orders and payments, and of their users. What was real before is below, what follows is above.
    /// </summary>
    public const long FirstId = 1_000_000;

    /// <summary>The days that old orders are spread over, the last of which is two days ago: all of them are closed.</summary>
    private const int Days = 300;

    private const int DaysAgo = 2;
    private const int OrdersOfUser = 100;
    private const string RetainedFor = "7 days";

    private static readonly (string Database, string Table, string Order)[] OrderTables =
    [
        ("orderdb", "orders", "id"),
        ("orderdb", "order_lines", "order_id"),
        ("orderdb", "order_changes", "order_id"),
        ("orderdb", "order_events", "order_id"),
        ("productdb", "reservations", "order_id"),
        ("productdb", "reservation_lines", "order_id"),
        ("paymentdb", "payments", "order_id"),
        ("paymentdb", "\"ShopSaga_Payments_PaymentPolicy\"", "\"Correlation_OrderId\"::bigint"),
        ("pspdb", "charges", "replace(idempotency_key, 'order-', '')::bigint"),
        ("settlementdb", "entries", "order_id"),
        ("userdb", "orders_of_users", "order_id"),
    ];

    private static readonly (string Database, string Table)[] Outboxes =
    [
        ("orderdb", "ShopSaga_Orders_OutboxData"),
        ("productdb", "ShopSaga_Products_OutboxData"),
        ("paymentdb", "ShopSaga_Payments_OutboxData"),
        ("settlementdb", "ShopSaga_Settlement_OutboxData"),
        ("userdb", "ShopSaga_Users_OutboxData"),
    ];

    /// <summary>Confirmed orders whose payments Settlement has not heard of, after the old ones.</summary>
    public long FirstUnsettled => FirstId + sizes.FinalOrders + 1;

    /// <summary>After these, orders that wait for their payment.</summary>
    private long FirstOpen => FirstUnsettled + sizes.Unsettled;

    /// <summary>The last id of an order that was filled in.</summary>
    public long LastId => FirstOpen + sizes.OpenOrders - 1;

    /// <summary>
    /// Fills all databases, two at a time, and leaves them as they are in a shop that has grown up to this: analysed and vacuumed.
    /// </summary>
    public async Task Fill()
    {
        await Servers.Execute("postgres", "ALTER SYSTEM SET max_wal_size = '16GB'");
        await Servers.Execute("postgres", "SELECT pg_reload_conf()");
        var shares = await OutboxShares();
        // The largest first.
        var databases = new[] { "orderdb", "paymentdb", "productdb", "settlementdb", "userdb", "pspdb" };
        await Parallel.ForEachAsync(databases, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (database, _) =>
        {
            await FillDatabase(database, shares);
            Console.WriteLine($"{DateTime.UtcNow:T} {database} is filled");
        });
        await Servers.Execute("postgres", "ALTER SYSTEM RESET max_wal_size");
        await Servers.Execute("postgres", "SELECT pg_reload_conf()");
        await Servers.Execute("postgres", "CHECKPOINT");
    }

    /// <summary>
    /// Adds records of messages that are older than they are kept, so that the services delete them from the next minute on. They were
    /// marked as dispatched after their messages had left: until the next vacuum, that leaves dead rows in table and indexes.
    /// </summary>
    public async Task AddDueRecords()
    {
        var shares = await OutboxShares();
        foreach (var (database, table) in Outboxes)
        {
            var insert = InsertRecords(table, (long)(sizes.DueRecords * shares[table]), $"{RetainedFor} 3 hours", "3 hours", "false");
            await Servers.Execute(
                database,
                $"""
                BEGIN;
                {insert};
                UPDATE "{table}" SET "Dispatched" = true WHERE NOT "Dispatched" AND "DispatchedAt" IS NOT NULL;
                COMMIT
                """);
        }
    }

    /// <summary>How many of them are left.</summary>
    public static async Task<long> CountDueRecords()
    {
        var count = 0L;
        foreach (var (database, table) in Outboxes)
        {
            count += await Servers.Count(
                database,
                $"""
                SELECT count(*) FROM "{table}" WHERE "Dispatched" AND "DispatchedAt" < now() AT TIME ZONE 'UTC' - interval '{RetainedFor}'
                """);
        }

        return count;
    }

    /// <summary>Vacuums what changes most, as gently as autovacuum does, again and again.</summary>
    public static async Task VacuumUntil(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                foreach (var (database, table) in Outboxes.Append(("orderdb", "orders")).Append(("paymentdb", "payments")))
                {
                    await using var connection = new NpgsqlConnection(Servers.Database(database));
                    await connection.OpenAsync(stop);
                    await connection.ExecuteAsync(new CommandDefinition("SET vacuum_cost_delay = '2ms'", cancellationToken: stop));
                    await connection.ExecuteAsync(
                        new CommandDefinition($"VACUUM ANALYZE \"{table}\"", commandTimeout: 0, cancellationToken: stop));
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // All has been measured.
        }
    }

    private async Task FillDatabase(string database, Dictionary<string, double> shares)
    {
        await using var connection = new NpgsqlConnection(Servers.Database(database));
        await connection.OpenAsync();
        await Execute("SET maintenance_work_mem = '1GB'");
        foreach (var (_, table, order) in OrderTables.Where(table => table.Database == database))
        {
            await FillTable(connection, table, async () =>
            {
                await Clone(FirstId + 1, sizes.FinalOrders, $"CASE WHEN n % 2 = 0 THEN {confirmed} ELSE {declined} END", Age(), "true", []);
                if (table == "entries")
                {
                    return;
                }

                await Clone(FirstUnsettled, sizes.Unsettled, $"{confirmed}", "interval '0'", "true", []);
                if (table == "charges")
                {
                    return;
                }

                await Clone(FirstOpen, sizes.OpenOrders, $"{confirmed}", "now() - template_at", table switch
                {
                    "order_events" => "t.name IN ('OrderPlaced', 'StockReserved')",
                    "order_changes" => "t.number = 1",
                    _ => "true",
                }, new()
                {
                    ["status"] = "'PENDING'",
                    ["state"] = "'RESERVED'",
                    ["payment_id"] = "NULL",
                    ["charge_id"] = "NULL",
                    ["completed_at"] = "NULL",
                    ["confirmed"] = "false",
                });
            });

            async Task Clone(
                long first, long count, string template, string age, string where, Dictionary<string, string> overrides)
            {
                var columns = (await connection.QueryAsync<(string Name, string Type)>(
                    """
                    SELECT attname::text, atttypid::regtype::text
                    FROM pg_attribute WHERE attrelid = @table::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
                    ORDER BY attnum
                    """,
                    new { table })).Where(column => column.Name != "id" || table is "orders" or "payments" or "charges").ToList();
                var values = columns.Select(column =>
                    overrides.TryGetValue(column.Name, out var value) ? value : Value(column.Name, column.Type));
                await Execute(
                    $"""
                    INSERT INTO {table} ({string.Join(", ", columns.Select(column => $"\"{column.Name}\""))}) OVERRIDING SYSTEM VALUE
                    SELECT {string.Join(", ", values)}
                    FROM (
                        SELECT n AS id, {template} AS template, 1 + n / 2 % {OpenShop.Products} AS product,
                            {FirstId} + n / {OrdersOfUser} AS customer
                        FROM generate_series({first}, {first + count - 1}) AS n) AS o
                    JOIN (
                        SELECT *, {order} AS template_order FROM {table} WHERE {order} IN ({confirmed}, {declined})) AS t
                    ON template_order = template
                    CROSS JOIN LATERAL (SELECT {age.Replace("template_at", TimeOf(columns), StringComparison.Ordinal)} AS age) AS age
                    WHERE {where}
                    """);
            }
        }

        foreach (var (_, table) in Outboxes.Where(outbox => outbox.Database == database))
        {
            await FillTable(
                connection,
                $"\"{table}\"",
                () => Execute(InsertRecords(table, (long)(sizes.Records * shares[table]), "6 days 12 hours", "6 days 12 hours")));
        }

        await Execute(database switch
        {
            "orderdb" => $"SELECT setval(pg_get_serial_sequence('orders', 'id'), {LastId})",
            "paymentdb" => $"SELECT setval(pg_get_serial_sequence('payments', 'id'), {LastId})",
            "pspdb" => $"SELECT setval(pg_get_serial_sequence('charges', 'id'), {LastId})",
            // What is reserved or sold was on the shelf before.
            "productdb" =>
                $"""
                INSERT INTO stock_changes (product_id, delta, changed_at)
                SELECT product_id, sum(quantity), now() FROM reservation_lines JOIN reservations USING (order_id)
                WHERE order_id > {FirstId} AND state IN ('RESERVED', 'COMMITTED') GROUP BY product_id
                """,
            "settlementdb" =>
                $"""
                INSERT INTO daily_totals (report_date, slot, total_amount, payment_count, refund_amount, refund_count)
                SELECT report_date, 0, sum(amount), count(*), 0, 0 FROM entries
                WHERE payment_id > {FirstId} AND report_date <= current_date - {DaysAgo} GROUP BY report_date;
                INSERT INTO daily_settlements (report_date, total_amount, payment_count, refund_amount, refund_count, closed_at)
                SELECT report_date, total_amount, payment_count, 0, 0, now() FROM daily_totals
                WHERE report_date <= current_date - {DaysAgo};
                INSERT INTO reconciliations (business_date, matched, differences, reconciled_at)
                SELECT report_date, payment_count, 0, now() FROM daily_settlements
                """,
            _ =>
                $"""
                INSERT INTO users (id, email, email_key, password_hash, name, role, registered_at) OVERRIDING SYSTEM VALUE
                SELECT n, n || '@example.org', n || '@example.org', 'none', 'Filled in', 'customer', now()
                FROM generate_series({FirstId}, {FirstId} + {LastId} / {OrdersOfUser}) AS n;
                SELECT setval(pg_get_serial_sequence('users', 'id'), (SELECT max(id) FROM users))
                """,
        });
        await Execute("VACUUM ANALYZE");

        Task Execute(string sql) => connection.ExecuteAsync(new CommandDefinition(sql, commandTimeout: 0));
    }

    /// <summary>
    /// Inserts without indexes and references, and builds the indexes afterwards: PostgreSQL writes only to those that are marked as
    /// ready, and REINDEX marks them so.
    /// </summary>
    private static async Task FillTable(NpgsqlConnection connection, string table, Func<Task> fill)
    {
        await Execute("SET session_replication_role = replica");
        await Execute("UPDATE pg_index SET indisready = false WHERE indrelid = @table::regclass");
        if (table == "entries")
        {
            await Execute("ALTER TABLE entries DISABLE TRIGGER counts_in_the_open_day");
        }

        await fill();
        if (table == "entries")
        {
            await Execute("ALTER TABLE entries ENABLE ALWAYS TRIGGER counts_in_the_open_day");
        }

        await Execute($"REINDEX TABLE {table}");
        await Execute("SET session_replication_role = origin");

        Task Execute(string sql) => connection.ExecuteAsync(new CommandDefinition(sql, new { table }, commandTimeout: 0));
    }

    /// <summary>The age of an old order, in whole days, so that its facts stay on one business day.</summary>
    private string Age() =>
        $"make_interval(days => ({Days} - (o.id - {FirstId}) * {Days - DaysAgo} / ({sizes.FinalOrders} + 1))::int)";

    private static string TimeOf(IEnumerable<(string Name, string Type)> columns) =>
        columns.FirstOrDefault(column => column.Type == "timestamp with time zone").Name is { } name ? $"t.{name}" : "now()";

    private static string Value(string column, string type) => (column, type) switch
    {
        ("id" or "order_id", _) => "o.id",
        ("payment_id" or "charge_id", _) => $"CASE WHEN t.{column} IS NOT NULL THEN o.id END",
        ("idempotency_key" or "reference", _) => "'order-' || o.id",
        ("user_id", _) => "o.customer",
        ("product_id", _) => "o.product",
        ("Id", "uuid") => "gen_random_uuid()",
        ("Correlation_OrderId", _) => "o.id::text",
        ("Data", _) => $"""replace(t."Data"::text, o.template::text, o.id::text)::{type}""",
        (_, "timestamp with time zone") => $"t.{column} - age",
        (_, "date") => $"(t.{column} - age)::date",
        _ => $"t.\"{column}\"",
    };

    /// <summary>The share that each outbox has in all records of orders, by the orders that there have been.</summary>
    private static async Task<Dictionary<string, double>> OutboxShares()
    {
        var counts = new Dictionary<string, double>();
        foreach (var (database, table) in Outboxes)
        {
            counts[table] = await Servers.Count(database, $"SELECT GREATEST(reltuples, 1)::bigint FROM pg_class WHERE relname = '{table}'");
        }

        return counts.ToDictionary(entry => entry.Key, entry => entry.Value / counts.Values.Sum());
    }

    /// <summary>Records of messages that were handled, as far back as the first interval and evenly over the second one.</summary>
    private static string InsertRecords(string table, long count, string from, string over, string dispatched = "true") =>
        $"""
        INSERT INTO "{table}" ("MessageId", "Dispatched", "DispatchedAt", "PersistenceVersion", "Operations")
        SELECT
            left(time, 8) || '-' || right(time, 4) || '-7' || left(random, 3) || '-8' || substr(random, 4, 3) || '-' || right(random, 12),
            {dispatched}, at AT TIME ZONE 'UTC', '9.0.3.0', '[]'
        FROM generate_series(1, {count}) AS n
        CROSS JOIN LATERAL (SELECT now() - interval '{from}' + n * (interval '{over}' / {count + 1}) AS at) AS at
        CROSS JOIN LATERAL (
            SELECT lpad(to_hex((1000 * extract(epoch FROM at))::bigint), 12, '0') AS time, md5(n::text) AS random) AS parts
        """;
}
