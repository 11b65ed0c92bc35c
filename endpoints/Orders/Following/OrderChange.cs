using Dapper;
using Npgsql;
using ShopSaga.Contracts.Orders;
using ShopSaga.Orders.Lifecycle;

namespace ShopSaga.Orders.Following;

/// <summary>A status that an order took.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="Number">Counts the order's changes, from 1.</param>
/// <param name="Status">The status.</param>
/// <param name="Reason">Why the order was called off.</param>
/// <param name="PaymentId">The payment known by then.</param>
/// <param name="At">When.</param>
internal sealed record OrderChange(long OrderId, int Number, OrderStatus Status, CancelReason? Reason, long? PaymentId, DateTimeOffset At)
{
    /// <summary>Whether nothing is to be waited for.</summary>
    public bool IsAtRest => Status is OrderStatus.CONFIRMED or OrderStatus.CANCELLED;

    /// <summary>Reads what happened to orders since the changes that are known, order by order and first things first.</summary>
    public static async Task<IReadOnlyList<OrderChange>> Since(
        NpgsqlDataSource database, IReadOnlyCollection<(long OrderId, int Known)> orders, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<OrderChange>(new CommandDefinition(
            """
            SELECT order_id, number, status, reason, payment_id, at
              FROM unnest(@Ids, @Known) AS seen (order_id, known) JOIN order_changes USING (order_id)
             WHERE number > known
             ORDER BY order_id, number
            """,
            new { Ids = orders.Select(order => order.OrderId).ToArray(), Known = orders.Select(order => order.Known).ToArray() },
            cancellationToken: cancellationToken))];
    }
}
