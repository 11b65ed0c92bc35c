using Dapper;
using Npgsql;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Payments;

/// <summary>A row of <c>payments</c>.</summary>
internal sealed record Payment(
    long Id,
    long OrderId,
    long UserId,
    long Amount,
    string PaymentMethod,
    string Status,
    bool OrderCancelled,
    long? ChargeId)
{
    private const string Select =
        "SELECT id, order_id, user_id, amount, payment_method, status, order_cancelled, charge_id FROM payments";

    /// <summary>Whether the outcome of the charge is still to be learnt.</summary>
    public bool IsOpen => Status is PaymentStatus.Pending or PaymentStatus.Unknown;

    /// <summary>The provider's idempotency key for the charge: one for each order, for ever.</summary>
    public string ChargeKey => $"order-{OrderId}";

    /// <summary>The provider's idempotency key for the refund.</summary>
    public string RefundKey => $"refund-{Id}";

    /// <summary>Reads the payment without a transaction, so that none is open while the provider is called.</summary>
    public static async Task<Payment> Peek(NpgsqlDataSource database, long id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<Payment>(
            new CommandDefinition($"{Select} WHERE id = @id", new { id }, cancellationToken: cancellationToken));
    }

    /// <summary>Locks the payment until the transaction ends.</summary>
    public static Task<Payment?> Lock(Sql sql, long id) =>
        sql.QuerySingleOrDefault<Payment>($"{Select} WHERE id = @id FOR UPDATE", new { id });

    /// <summary>Locks the payment of an order, if there is one.</summary>
    public static Task<Payment?> LockOfOrder(Sql sql, long orderId) =>
        sql.QuerySingleOrDefault<Payment>($"{Select} WHERE order_id = @orderId FOR UPDATE", new { orderId });
}
