using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Orders.Tracking;

/// <summary>GET /orders/{id}: an order. Customers get 404 for the orders of others; administrators see all.</summary>
internal static class ReadOrder
{
    internal static async Task<Results<Ok<OrderView>, ProblemHttpResult>> Handle(
        long id, Caller caller, NpgsqlDataSource database, CancellationToken cancellationToken) =>
        await OrderView.Find(database, id, cancellationToken) is { } order && caller.MaySee(order.UserId)
            ? TypedResults.Ok(order)
            : Problems.NotFound();
}
