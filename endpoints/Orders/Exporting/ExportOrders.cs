using System.Runtime.CompilerServices;
using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Http;
using ShopSaga.Orders.Cart;
using ShopSaga.Orders.Tracking;

namespace ShopSaga.Orders.Exporting;

/// <summary>
/// GET /orders/export: all that Orders holds of the caller. Orders are read and written page by page, however many there are.
/// </summary>
internal static class ExportOrders
{
    private const int PageSize = 100;

    internal static async Task<Ok<OrdersExport>> Handle(Caller caller, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var cart = await CartView.Read(connection, caller.UserId, cancellationToken);
        var keys = await connection.QueryAsync<ExportedKey>(new CommandDefinition(
            "SELECT route, key, order_id, created_at FROM idempotency_keys WHERE user_id = @UserId ORDER BY created_at",
            caller,
            cancellationToken: cancellationToken));
        return TypedResults.Ok(new OrdersExport(cart, [.. keys], ReadOrders(caller.UserId, database, cancellationToken)));
    }

    private static async IAsyncEnumerable<ExportedOrder> ReadOrders(
        long userId, NpgsqlDataSource database, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var after = 0L; await ReadPage(userId, after, database, cancellationToken) is [.., var last] page; after = last.Id)
        {
            var histories = await ReadHistory.Of([.. page.Select(order => order.Id)], database, cancellationToken);
            foreach (var order in page)
            {
                yield return new ExportedOrder(order, [.. histories[order.Id]]);
            }
        }
    }

    private static Task<IReadOnlyList<OrderView>> ReadPage(
        long userId, long after, NpgsqlDataSource database, CancellationToken cancellationToken) => OrderView.Find(
        database,
        "WHERE user_id = @userId AND id > @after ORDER BY id LIMIT @PageSize",
        new { userId, after, PageSize },
        cancellationToken);
}
