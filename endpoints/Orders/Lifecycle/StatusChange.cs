using Dapper;
using Npgsql;
using ShopSaga.Contracts.Orders;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>A status that an order took: a row of <c>order_changes</c>.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="Number">Counts the order's changes, from 1.</param>
/// <param name="Status">The status.</param>
/// <param name="Reason">Why the order was cancelled.</param>
/// <param name="PaymentId">The payment known by then.</param>
/// <param name="At">When.</param>
internal sealed record StatusChange(long OrderId, int Number, OrderStatus Status, CancelReason? Reason, long? PaymentId, DateTimeOffset At)
{
    /// <summary>Reads the changes of orders after the last known number of each, by order and number.</summary>
    public static async Task<IReadOnlyList<StatusChange>> ReadAfter(
        NpgsqlDataSource database, IReadOnlyCollection<(long OrderId, int LastKnown)> orders, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<StatusChange>(new CommandDefinition(
            """
            SELECT order_id, number, status, reason, payment_id, at
              FROM unnest(@Ids, @LastKnown) AS seen (order_id, last_known) JOIN order_changes USING (order_id)
             WHERE number > last_known
             ORDER BY order_id, number
            """,
            new { Ids = orders.Select(order => order.OrderId).ToArray(), LastKnown = orders.Select(order => order.LastKnown).ToArray() },
            cancellationToken: cancellationToken))];
    }
}
