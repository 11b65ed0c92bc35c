using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Http;
using ShopSaga.Orders.Lifecycle;

namespace ShopSaga.Orders.Tracking;

/// <summary>GET /orders: the caller's orders, newest first. A page continues below the last id, so new orders do not shift it.</summary>
internal static class ListOrders
{
    internal static async Task<Ok<ItemsOf<OrderView>>> Handle(
        HttpRequest request, Page page, Caller caller, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var status = request.OneOf("status", Enum.GetNames<OrderStatus>());
        var orders = await OrderView.Find(
            database,
            $"""
            WHERE user_id = @UserId AND id < @Before {(status is null ? "" : "AND status = @status")}
            ORDER BY id DESC LIMIT @Fetch
            """,
            new { caller.UserId, Before = page.After ?? long.MaxValue, status, page.Fetch },
            cancellationToken);
        return TypedResults.Ok(page.Of(orders, order => order.Id));
    }
}
