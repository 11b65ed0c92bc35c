using Dapper;
using Npgsql;
using ShopSaga.Local.Layout;

namespace ShopSaga.Local.Verifying;

/// <summary>The stock of a product: the sum of all stock changes, what is available, reserved and committed.</summary>
internal sealed record StockRow(long ProductId, long Put, long Now, long Reserved, long Committed);

internal sealed record OrderRow(long Id, long UserId, string Status, string? Reason, long TotalAmount, long? PaymentId);

/// <summary>A line of an order, or of its reservation.</summary>
internal sealed record LineRow(long OrderId, long ProductId, int Quantity);

internal sealed record OrderEventRow(long OrderId, string Name);

internal sealed record ReservationRow(long OrderId, string State);

internal sealed record PaymentRow(long Id, long OrderId, long UserId, long Amount, string Status, long? ChargeId, long Refunded);

/// <summary>What the saga of an order's payment knows.</summary>
internal sealed record PaymentPolicyRow(long OrderId, bool Placed, bool Reserved, bool Rejected, bool Cancelled);

internal sealed record EntryRow(long PaymentId, long OrderId, string Fact, long Amount);

/// <summary>A day as its settlement shows it, and the sums of its ledger entries.</summary>
internal sealed record DayRow(string Day, long CapturedTotal, long RefundedTotal, long Captured, long Refunded, long Adjustments);

/// <summary>A charge at the provider; the key contains the order.</summary>
internal sealed record ChargeRow(long Id, string Key, string Status, long Amount, long Refunded);

/// <summary>An order as Users knows it: whose it is, and whether it stands in the way of closing the account.</summary>
internal sealed record UserOrderRow(long OrderId, long? UserId, bool IsFinal);

/// <summary>A product on sale; a withdrawn one has neither name nor price.</summary>
internal sealed record PriceRow(long ProductId, string? Name, int? Price);

/// <summary>The records of every service and of the payment provider.</summary>
internal sealed record SystemState
{
    public IReadOnlyList<StockRow> Stock { get; init; } = [];

    public IReadOnlyList<OrderRow> Orders { get; init; } = [];

    public IReadOnlyList<LineRow> OrderLines { get; init; } = [];

    /// <summary>The last recorded status change of each order.</summary>
    public IReadOnlyList<OrderRow> LastChanges { get; init; } = [];

    public IReadOnlyList<OrderEventRow> OrderEvents { get; init; } = [];

    public IReadOnlyList<ReservationRow> Reservations { get; init; } = [];

    public IReadOnlyList<LineRow> ReservationLines { get; init; } = [];

    public IReadOnlyList<PaymentRow> Payments { get; init; } = [];

    public IReadOnlyList<PaymentPolicyRow> PaymentPolicies { get; init; } = [];

    public IReadOnlyList<EntryRow> Entries { get; init; } = [];

    public IReadOnlyList<DayRow> Days { get; init; } = [];

    public IReadOnlyList<ChargeRow> Charges { get; init; } = [];

    public IReadOnlyList<UserOrderRow> UserOrders { get; init; } = [];

    public IReadOnlyList<PriceRow> Catalogue { get; init; } = [];

    public IReadOnlyList<PriceRow> PriceList { get; init; } = [];

    /// <summary>
    /// Reads all databases as the server's administrator, each as it was at one moment. They are read one after the other, so the system
    /// must be idle.
    /// </summary>
    public static Task<SystemState> Read(string admin, CancellationToken cancellationToken) =>
        Read(service => Open(admin, service, cancellationToken), cancellationToken);

    /// <summary>As <see cref="Read(string, CancellationToken)"/>, from databases that are opened by the name of their service.</summary>
    public static async Task<SystemState> Read(Func<string, Task<NpgsqlConnection>> open, CancellationToken cancellationToken)
    {
        await using var orders = await open("Orders");
        await using var products = await open("Products");
        await using var payments = await open("Payments");
        await using var settlement = await open("Settlement");
        await using var provider = await open("psp");
        await using var users = await open("Users");
        foreach (var database in (NpgsqlConnection[])[orders, products, payments, settlement, provider, users])
        {
            await database.ExecuteAsync("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        }

        return new SystemState
        {
            Stock = await Rows<StockRow>(
                products,
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
            Orders = await Rows<OrderRow>(
                orders,
                """
                SELECT id AS Id, user_id AS UserId, status AS Status, reason AS Reason, total_amount AS TotalAmount, payment_id AS PaymentId
                FROM orders ORDER BY id
                """,
                cancellationToken),
            OrderLines = await Rows<LineRow>(
                orders, "SELECT order_id AS OrderId, product_id AS ProductId, quantity AS Quantity FROM order_lines", cancellationToken),
            LastChanges = await Rows<OrderRow>(
                orders,
                """
                SELECT DISTINCT ON (c.order_id) c.order_id AS Id, o.user_id AS UserId, c.status AS Status, c.reason AS Reason,
                       o.total_amount AS TotalAmount, c.payment_id AS PaymentId
                FROM order_changes c JOIN orders o ON o.id = c.order_id ORDER BY c.order_id, c.number DESC
                """,
                cancellationToken),
            OrderEvents = await Rows<OrderEventRow>(
                orders, "SELECT order_id AS OrderId, name AS Name FROM order_events", cancellationToken),
            Reservations = await Rows<ReservationRow>(
                products, "SELECT order_id AS OrderId, state AS State FROM reservations", cancellationToken),
            ReservationLines = await Rows<LineRow>(
                products, "SELECT order_id AS OrderId, product_id AS ProductId, quantity AS Quantity FROM reservation_lines",
                cancellationToken),
            Payments = await Rows<PaymentRow>(
                payments,
                """
                SELECT p.id AS Id, p.order_id AS OrderId, p.user_id AS UserId, p.amount AS Amount, p.status AS Status,
                       p.charge_id AS ChargeId, CASE WHEN r.refunded_at IS NULL THEN 0 ELSE r.amount END AS Refunded
                FROM payments p LEFT JOIN refunds r ON r.payment_id = p.id ORDER BY p.id
                """,
                cancellationToken),
            PaymentPolicies = await Rows<PaymentPolicyRow>(
                payments,
                """
                SELECT "Correlation_OrderId"::bigint AS OrderId, coalesce("Data" -> 'Due', 'null') <> 'null' AS Placed,
                       coalesce(("Data" ->> 'Reserved')::boolean, false) AS Reserved,
                       coalesce(("Data" ->> 'Rejected')::boolean, false) AS Rejected,
                       coalesce(("Data" ->> 'Cancelled')::boolean, false) AS Cancelled
                FROM "ShopSaga_Payments_PaymentPolicy"
                """,
                cancellationToken),
            Entries = await Rows<EntryRow>(
                settlement, "SELECT payment_id AS PaymentId, order_id AS OrderId, fact AS Fact, amount AS Amount FROM entries",
                cancellationToken),
            Days = await Rows<DayRow>(
                settlement,
                """
                WITH shown AS (
                    SELECT report_date, total_amount, refund_amount FROM daily_settlements
                    UNION ALL
                    SELECT report_date, sum(total_amount)::bigint, sum(refund_amount)::bigint
                    FROM daily_totals
                    WHERE report_date NOT IN (SELECT report_date FROM daily_settlements)
                    GROUP BY report_date),
                entered AS (
                    SELECT report_date,
                        sum(amount) FILTER (WHERE fact = 'CAPTURE') AS captured, sum(amount) FILTER (WHERE fact = 'REFUND') AS refunded,
                        count(*) FILTER (WHERE kind = 'ADJUSTMENT') AS adjustments
                    FROM entries GROUP BY report_date)
                SELECT to_char(report_date, 'YYYY-MM-DD') AS Day,
                    coalesce(total_amount, 0) AS CapturedTotal, coalesce(refund_amount, 0) AS RefundedTotal,
                    coalesce(captured, 0)::bigint AS Captured, coalesce(refunded, 0)::bigint AS Refunded,
                    coalesce(adjustments, 0) AS Adjustments
                FROM shown FULL JOIN entered USING (report_date) ORDER BY report_date
                """,
                cancellationToken),
            Charges = await Rows<ChargeRow>(
                provider,
                """
                SELECT c.id AS Id, c.idempotency_key AS Key, c.status AS Status, coalesce(c.amount, 0) AS Amount,
                       coalesce(sum(r.amount) FILTER (WHERE r.status = 'REFUNDED'), 0)::bigint AS Refunded
                FROM charges c LEFT JOIN refunds r ON r.charge_id = c.id GROUP BY c.id
                """,
                cancellationToken),
            UserOrders = await Rows<UserOrderRow>(
                users, "SELECT order_id AS OrderId, user_id AS UserId, is_final AS IsFinal FROM orders_of_users", cancellationToken),
            Catalogue = await ReadCatalogue(products, cancellationToken),
            PriceList = await ReadPriceList(orders, cancellationToken),
        };
    }

    /// <summary>The catalogue of Products.</summary>
    public static async Task<IReadOnlyList<PriceRow>> ReadCatalogue(string admin, CancellationToken cancellationToken)
    {
        await using var products = await Open(admin, "Products", cancellationToken);
        return await ReadCatalogue(products, cancellationToken);
    }

    private static Task<IReadOnlyList<PriceRow>> ReadCatalogue(NpgsqlConnection products, CancellationToken cancellationToken) =>
        Rows<PriceRow>(
            products,
            """
            SELECT id AS ProductId,
                CASE WHEN withdrawn_at IS NULL THEN name END AS Name, CASE WHEN withdrawn_at IS NULL THEN price END AS Price
            FROM products
            """,
            cancellationToken);

    /// <summary>The price list of Orders.</summary>
    public static async Task<IReadOnlyList<PriceRow>> ReadPriceList(string admin, CancellationToken cancellationToken)
    {
        await using var orders = await Open(admin, "Orders", cancellationToken);
        return await ReadPriceList(orders, cancellationToken);
    }

    private static Task<IReadOnlyList<PriceRow>> ReadPriceList(NpgsqlConnection orders, CancellationToken cancellationToken) =>
        Rows<PriceRow>(
            orders,
            """
            SELECT product_id AS ProductId, CASE WHEN NOT withdrawn THEN name END AS Name, CASE WHEN NOT withdrawn THEN price END AS Price
            FROM price_list
            """,
            cancellationToken);

    /// <summary>Opens one service's database as the server's administrator.</summary>
    public static async Task<NpgsqlConnection> Open(string admin, string service, CancellationToken cancellationToken)
    {
        var database = Topology.Find(service).Database!.Name;
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(admin) { Database = database, Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    private static async Task<IReadOnlyList<T>> Rows<T>(NpgsqlConnection connection, string sql, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<T>(new CommandDefinition(sql, cancellationToken: cancellationToken))];
}
