using Dapper;
using ShopSaga.Contracts.Orders;
using ShopSaga.Load.RawLoop;

namespace ShopSaga.Load.RawShop;

/// <summary>Follows the orders of each user.</summary>
internal static class RawUsers
{
    public static RawService WithUsers(this RawService service) => service
        .On<OrderPlaced>((transaction, message) => Write(
            transaction,
            """
            INSERT INTO orders_of_users (order_id, user_id) VALUES (@OrderId, @UserId)
            ON CONFLICT (order_id) DO UPDATE SET user_id = excluded.user_id
            """,
            new { message.OrderId, message.UserId }))
        .On<OrderConfirmed>((transaction, message) => Write(
            transaction,
            """
            INSERT INTO orders_of_users (order_id, confirmed) VALUES (@OrderId, true)
            ON CONFLICT (order_id) DO UPDATE SET confirmed = true
            """,
            new { message.OrderId }));

    private static async Task Write(RawTransaction transaction, string statement, object parameters)
    {
        if (await transaction.Record())
        {
            await transaction.Connection.ExecuteAsync(statement, parameters);
        }
    }
}
