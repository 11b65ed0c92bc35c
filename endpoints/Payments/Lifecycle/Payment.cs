using System.Globalization;
using Dapper;
using Npgsql;
using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Payments.Lifecycle;

/// <summary>A row of <c>payments</c>.</summary>
internal sealed record Payment(
    long Id,
    long OrderId,
    long UserId,
    long Amount,
    string PaymentMethod,
    PaymentStatus Status,
    bool OrderCancelled,
    int ChargesSent,
    long? ChargeId,
    DateTimeOffset CreatedAt,
    DateTimeOffset? CompletedAt)
{
    private const string Columns =
        "id, order_id, user_id, amount, payment_method, status, order_cancelled, charges_sent, charge_id, created_at, completed_at";
    private const string Select = $"SELECT {Columns} FROM payments";
    private const string RefundKeyPrefix = "refund-";

    /// <summary>Whether the result of the charge is still unknown.</summary>
    public bool IsOpen => Status is PaymentStatus.PENDING or PaymentStatus.UNKNOWN;

    /// <summary>The provider's idempotency key for the charge: one for each order, for ever.</summary>
    public string ChargeKey => ChargeReference.Of(OrderId);

    /// <summary>The provider's idempotency key for the refund.</summary>
    public string RefundKey => $"{RefundKeyPrefix}{Id}";

    /// <summary>The key for the refund of what is left after a part was refunded at the provider. A key stands for one amount.</summary>
    public string RemainderKey => $"{RefundKey}-remainder";

    /// <summary>Finds the payment that an idempotency key was made for; null for a key that is not ours.</summary>
    public static async Task<Payment?> ReadByKey(Sql sql, string key) =>
        ChargeReference.OrderOf(key) is { } orderId
            ? await sql.QuerySingleOrDefault<Payment>($"{Select} WHERE order_id = @orderId", new { orderId })
            : PaymentOfRefundKey(key) is { } id
                ? await sql.QuerySingleOrDefault<Payment>($"{Select} WHERE id = @id", new { id })
                : null;

    /// <summary>Reads the payment outside the message's transaction, so that none is open while the provider is called.</summary>
    public static async Task<Payment> Read(NpgsqlDataSource database, long id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<Payment>(
            new CommandDefinition($"{Select} WHERE id = @id", new { id }, cancellationToken: cancellationToken));
    }

    /// <summary>
    /// Counts a charge before it is sent, in a transaction of its own. Null when none may be sent: the result is known, or
    /// the order is cancelled.
    /// </summary>
    public static async Task<Payment?> TryCountChargeSent(NpgsqlDataSource database, long id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Payment>(new CommandDefinition(
            $"""
            UPDATE payments SET charges_sent = charges_sent + 1
            WHERE id = @id AND status IN ('PENDING', 'UNKNOWN') AND NOT order_cancelled
            RETURNING {Columns}
            """,
            new { id },
            cancellationToken: cancellationToken));
    }

    /// <summary>
    /// Undoes <see cref="TryCountChargeSent"/> for a request that never left. Locks the payment until the transaction ends.
    /// </summary>
    public static Task<Payment> UncountChargeSent(Sql sql, long id) => sql.QuerySingle<Payment>(
        $"UPDATE payments SET charges_sent = charges_sent - 1 WHERE id = @id RETURNING {Columns}", new { id });

    /// <summary>Locks the payment until the transaction ends.</summary>
    public static Task<Payment?> Lock(Sql sql, long id) =>
        sql.QuerySingleOrDefault<Payment>($"{Select} WHERE id = @id FOR UPDATE", new { id });

    /// <summary>Locks the payment of an order until the transaction ends; null when the order has none.</summary>
    public static Task<Payment?> LockByOrder(Sql sql, long orderId) =>
        sql.QuerySingleOrDefault<Payment>($"{Select} WHERE order_id = @orderId FOR UPDATE", new { orderId });

    private static long? PaymentOfRefundKey(string key) =>
        key.StartsWith(RefundKeyPrefix, StringComparison.Ordinal)
        && long.TryParse(key.AsSpan(RefundKeyPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? id
            : null;
}
