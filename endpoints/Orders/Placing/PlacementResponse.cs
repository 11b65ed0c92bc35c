using System.Text.Json;
using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Http;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Orders.Tracking;

namespace ShopSaga.Orders.Placing;

/// <summary>
/// The response to a placed order: 202 at once; or, for a client that prefers to wait (RFC 7240, section 4.3), the final order if it is
/// final in time. No database connection is held while it waits.
/// </summary>
internal sealed class PlacementResponse(
    OrderTracker tracker, NpgsqlDataSource database, TimeProvider time, IHostApplicationLifetime lifetime)
{
    public async Task<Results<Accepted<OrderView>, Created<OrderView>, ProblemHttpResult>> For(OrderView placed, PlacingRequest request)
    {
        if (WaitPreference.Of(request.Prefer) is not { } seconds)
        {
            return TypedResults.Accepted(Location(placed), placed);
        }

        var http = request.Http;
        var order = await WaitUntilFinal(placed.Id, TimeSpan.FromSeconds(seconds), http.RequestAborted);
        http.Response.Headers["Preference-Applied"] = $"wait={seconds}";
        return order.Status switch
        {
            OrderStatus.CONFIRMED => TypedResults.Created(Location(order), order),
            OrderStatus.CANCELLED => await Cancelled(order, http.RequestAborted),
            _ => TypedResults.Accepted(Location(order), order),
        };
    }

    private static string Location(OrderView order) => $"/orders/{order.Id}";

    /// <summary>Reads the order as soon as it is final, or when the time is over.</summary>
    private async Task<OrderView> WaitUntilFinal(long id, TimeSpan maxWait, CancellationToken aborted)
    {
        using var timeout = new CancellationTokenSource(maxWait, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, aborted, lifetime.ApplicationStopping);
        using var subscription = tracker.Subscribe(id);
        try
        {
            while (!(await Read(id, aborted)).Status.IsFinal())
            {
                await subscription.Changes.ReadAsync(end.Token);
            }
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            // Not final in time, or this instance stops: the response shows the order as it is.
        }

        return await Read(id, aborted);
    }

    private async Task<OrderView> Read(long id, CancellationToken cancellationToken) =>
        await OrderView.Find(database, id, cancellationToken) ?? throw new InvalidOperationException($"Order {id} does not exist.");

    private async Task<ProblemHttpResult> Cancelled(OrderView order, CancellationToken cancellationToken)
    {
        var more = new Dictionary<string, object?> { ["orderId"] = order.Id };
        switch (order.Reason)
        {
            case CancelReason.OUT_OF_STOCK:
                more["shortages"] = await Shortages(order.Id, cancellationToken);
                return Problems.Conflict(
                    "out-of-stock", "Out of stock", "There is not enough of what was ordered. Nothing was charged.", more);
            case CancelReason.PAYMENT_DECLINED:
                return Problems.Problem(
                    StatusCodes.Status402PaymentRequired,
                    "payment-declined",
                    "Payment declined",
                    "The payment was not made. The order is cancelled and nothing was charged.",
                    more);
            default:
                return Problems.Conflict(
                    "conflict", "The order was cancelled", $"It was cancelled meanwhile, for the reason {order.Reason}.", more);
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
