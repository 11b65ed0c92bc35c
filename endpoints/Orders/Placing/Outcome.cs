using System.Text.Json;
using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Http;
using ShopSaga.Orders.Following;
using ShopSaga.Orders.Lifecycle;

namespace ShopSaga.Orders.Placing;

/// <summary>
/// Answers that an order was placed: 202 at once, or for a client that prefers to wait (RFC 7240, section 4.3), how it ended, if it ends in
/// time. No connection to the database is held meanwhile.
/// </summary>
internal sealed class Outcome(LiveOrders live, NpgsqlDataSource database, TimeProvider time, IHostApplicationLifetime lifetime)
{
    public async Task<Results<Accepted<OrderView>, Created<OrderView>, ProblemHttpResult>> Of(OrderView placed, PlacingRequest request)
    {
        if (WaitPreference.Of(request.Prefer) is not { } seconds)
        {
            return TypedResults.Accepted(Location(placed), placed);
        }

        var http = request.Http;
        var order = await Settled(placed.Id, TimeSpan.FromSeconds(seconds), http.RequestAborted);
        http.Response.Headers["Preference-Applied"] = $"wait={seconds}";
        return order.Status switch
        {
            OrderStatus.CONFIRMED => TypedResults.Created(Location(order), order),
            OrderStatus.CANCELLED => await Cancelled(order, http.RequestAborted),
            _ => TypedResults.Accepted(Location(order), order),
        };
    }

    private static string Location(OrderView order) => $"/orders/{order.Id}";

    /// <summary>The order once it is at rest, or as it stands after that time.</summary>
    private async Task<OrderView> Settled(long id, TimeSpan patience, CancellationToken aborted)
    {
        using var enough = new CancellationTokenSource(patience, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, aborted, lifetime.ApplicationStopping);
        using var watch = live.Watch(id);
        try
        {
            while (!(await Read(id, aborted)).IsAtRest)
            {
                await watch.Changes.ReadAsync(end.Token);
            }
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            // It is not settled in time.
        }

        return await Read(id, aborted);
    }

    private async Task<OrderView> Read(long id, CancellationToken cancellationToken) =>
        await OrderView.Find(database, id, cancellationToken) ?? throw new InvalidOperationException($"Order {id} is gone.");

    private async Task<ProblemHttpResult> Cancelled(OrderView order, CancellationToken cancellationToken)
    {
        var more = new Dictionary<string, object?> { ["orderId"] = order.Id };
        switch (order.Reason)
        {
            case CancelReason.OUT_OF_STOCK:
                more["shortages"] = await Shortages(order.Id, cancellationToken);
                return Problems.Conflict("out-of-stock", "Out of stock", "There is not enough of what was ordered. Nothing was charged.", more);
            case CancelReason.PAYMENT_DECLINED:
                return Problems.Problem(
                    StatusCodes.Status402PaymentRequired,
                    "payment-declined",
                    "Payment declined",
                    "The payment provider refused. The order is cancelled and nothing was charged.",
                    more);
            default:
                return Problems.Conflict("conflict", "The order was cancelled", $"It was cancelled meanwhile, for the reason {order.Reason}.", more);
        }
    }

    private async Task<IReadOnlyList<Shortage>> Shortages(long orderId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var shortages = await connection.QuerySingleAsync<string>(new CommandDefinition(
            "SELECT (details -> 'shortages')::text FROM order_events WHERE order_id = @orderId AND name = 'StockRejected'",
            new { orderId },
            cancellationToken: cancellationToken));
        return JsonSerializer.Deserialize<IReadOnlyList<Shortage>>(shortages, JsonSerializerOptions.Web)!;
    }
}
