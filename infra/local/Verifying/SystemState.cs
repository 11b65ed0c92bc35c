using Dapper;
using Npgsql;
using ShopSaga.Local.Layout;

namespace ShopSaga.Local.Verifying;

/// <summary>The stock of a product: all stock changes, what is available, reserved and committed.</summary>
internal sealed record StockRow(long ProductId, long Put, long Now, long Reserved, long Committed);

internal sealed record OrderRow(long Id, string Status, long TotalAmount, long? PaymentId);

internal sealed record ReservationRow(long OrderId, string State);

internal sealed record PaymentRow(long Id, long OrderId, long Amount, string Status, long? ChargeId, long Refunded);

internal sealed record EntryRow(long PaymentId, string Fact, long Amount);

/// <summary>A day as its settlement shows it, and the sums of its ledger entries.</summary>
internal sealed record DayRow(string Day, long CapturedTotal, long RefundedTotal, long Captured, long Refunded, long Adjustments);

internal sealed record ChargeRow(long Id, string Status, long Amount, long Refunded);

/// <summary>A product on sale; a withdrawn one has neither name nor price.</summary>
internal sealed record PriceRow(long ProductId, string? Name, int? Price);

/// <summary>The records of every service and of the payment provider.</summary>
internal sealed record SystemState(
    IReadOnlyList<StockRow> Stock,
    IReadOnlyList<OrderRow> Orders,
    IReadOnlyList<ReservationRow> Reservations,
    IReadOnlyList<PaymentRow> Payments,
    IReadOnlyList<EntryRow> Entries,
    IReadOnlyList<DayRow> Days,
    IReadOnlyList<ChargeRow> Charges,
    IReadOnlyList<PriceRow> Catalogue,
    IReadOnlyList<PriceRow> PriceList)
{
    /// <summary>Reads all databases as the server's administrator. The databases are read one after the other, so the system must be idle.</summary>
    public static async Task<SystemState> Read(string admin, CancellationToken cancellationToken) => new(
        await Rows<StockRow>(
            admin,
            "Products",
            """
            SELECT p.id AS ProductId, c.put AS Put, p.stock_quantity::bigint AS Now,
                   coalesce(r.reserved, 0) AS Reserved, coalesce(r.committed, 0) AS Committed
            FROM products p
            JOIN (SELECT product_id, sum(delta) AS put FROM stock_changes GROUP BY product_id) c ON c.product_id = p.id
            LEFT JOIN (
                SELECT l.product_id,
                       sum(l.quantity) FILTER (WHERE r.state = 'RESERVED') AS reserved,
                       sum(l.quantity) FILTER (WHERE r.state = 'COMMITTED') AS committed
                FROM reservation_lines l JOIN reservations r USING (order_id) GROUP BY l.product_id) r ON r.product_id = p.id
            ORDER BY p.id
            """,
            cancellationToken),
        await Rows<OrderRow>(admin, "Orders", "SELECT id AS Id, status AS Status, total_amount AS TotalAmount, payment_id AS PaymentId FROM orders ORDER BY id", cancellationToken),
        await Rows<ReservationRow>(admin, "Products", "SELECT order_id AS OrderId, state AS State FROM reservations", cancellationToken),
        await Rows<PaymentRow>(
            admin,
            "Payments",
            """
            SELECT p.id AS Id, p.order_id AS OrderId, p.amount AS Amount, p.status AS Status, p.charge_id AS ChargeId,
                   CASE WHEN r.refunded_at IS NULL THEN 0 ELSE r.amount END AS Refunded
            FROM payments p LEFT JOIN refunds r ON r.payment_id = p.id ORDER BY p.id
            """,
            cancellationToken),
        await Rows<EntryRow>(admin, "Settlement", "SELECT payment_id AS PaymentId, fact AS Fact, amount AS Amount FROM entries", cancellationToken),
        await Rows<DayRow>(
            admin,
            "Settlement",
            """
            WITH shown AS (
                SELECT report_date, total_amount, refund_amount FROM daily_settlements
                UNION ALL
                SELECT report_date, sum(total_amount)::bigint, sum(refund_amount)::bigint
                FROM daily_totals
                WHERE report_date NOT IN (SELECT report_date FROM daily_settlements)
                GROUP BY report_date),
            entered AS (
                SELECT report_date, sum(amount) FILTER (WHERE fact = 'CAPTURE') AS captured, sum(amount) FILTER (WHERE fact = 'REFUND') AS refunded,
                    count(*) FILTER (WHERE kind = 'ADJUSTMENT') AS adjustments
                FROM entries GROUP BY report_date)
            SELECT to_char(report_date, 'YYYY-MM-DD') AS Day, coalesce(total_amount, 0) AS CapturedTotal, coalesce(refund_amount, 0) AS RefundedTotal,
                coalesce(captured, 0)::bigint AS Captured, coalesce(refunded, 0)::bigint AS Refunded, coalesce(adjustments, 0) AS Adjustments
            FROM shown FULL JOIN entered USING (report_date) ORDER BY report_date
            """,
            cancellationToken),
        await Rows<ChargeRow>(
            admin,
            "psp",
            """
            SELECT c.id AS Id, c.status AS Status, coalesce(c.amount, 0) AS Amount,
                   coalesce(sum(r.amount) FILTER (WHERE r.status = 'REFUNDED'), 0)::bigint AS Refunded
            FROM charges c LEFT JOIN refunds r ON r.charge_id = c.id GROUP BY c.id
            """,
            cancellationToken),
        await ReadCatalogue(admin, cancellationToken),
        await ReadPriceList(admin, cancellationToken));

    /// <summary>The catalogue of Products.</summary>
    public static Task<IReadOnlyList<PriceRow>> ReadCatalogue(string admin, CancellationToken cancellationToken) => Rows<PriceRow>(
        admin,
        "Products",
        """
        SELECT id AS ProductId, CASE WHEN withdrawn_at IS NULL THEN name END AS Name, CASE WHEN withdrawn_at IS NULL THEN price END AS Price
        FROM products
        """,
        cancellationToken);

    /// <summary>The price list of Orders.</summary>
    public static Task<IReadOnlyList<PriceRow>> ReadPriceList(string admin, CancellationToken cancellationToken) => Rows<PriceRow>(
        admin,
        "Orders",
        """
        SELECT product_id AS ProductId, CASE WHEN NOT withdrawn THEN name END AS Name, CASE WHEN NOT withdrawn THEN price END AS Price
        FROM price_list
        """,
        cancellationToken);

    private static async Task<IReadOnlyList<T>> Rows<T>(string admin, string service, string sql, CancellationToken cancellationToken)
    {
        await using var connection = await Open(admin, service, cancellationToken);
        return [.. await connection.QueryAsync<T>(new CommandDefinition(sql, cancellationToken: cancellationToken))];
    }

    /// <summary>Opens one service's database as the server's administrator.</summary>
    public static async Task<NpgsqlConnection> Open(string admin, string service, CancellationToken cancellationToken)
    {
        var database = Topology.Find(service).Database!.Name;
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(admin) { Database = database, Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }
}
