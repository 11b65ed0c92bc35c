using System.Net.Http.Json;
using Dapper;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Load.RawLoop;

namespace ShopSaga.Load.RawShop;

/// <summary>Charges an order once it is placed and its stock is reserved, in either order of arrival.</summary>
internal static class RawPayments
{
    /// <summary>Takes the place of the saga.</summary>
    public const string Schema =
        """
        CREATE TABLE due (
            order_id bigint PRIMARY KEY, user_id bigint, amount bigint, payment_method text, reserved boolean NOT NULL DEFAULT false)
        """;

    /// <summary>Completes the row of the order that it begins with, and creates the payment when both events are in.</summary>
    private const string CreatePayment =
        """
        INSERT INTO payments (order_id, user_id, amount, payment_method, status, created_at)
        SELECT order_id, user_id, amount, payment_method, 'PENDING', now() FROM joined WHERE reserved AND user_id IS NOT NULL
        ON CONFLICT (order_id) DO NOTHING
        RETURNING id
        """;

    public static RawService WithPayments(this RawService service) => service
        .On<OrderPlaced>((transaction, message) => Join(
            transaction,
            """
            INSERT INTO due (order_id, user_id, amount, payment_method) VALUES (@OrderId, @UserId, @TotalAmount, @PaymentMethod)
            ON CONFLICT (order_id) DO UPDATE
            SET user_id = excluded.user_id, amount = excluded.amount, payment_method = excluded.payment_method
            RETURNING *
            """,
            new { message.OrderId, message.UserId, message.TotalAmount, message.PaymentMethod }))
        .On<StockReserved>((transaction, message) => Join(
            transaction,
            "INSERT INTO due (order_id, reserved) VALUES (@OrderId, true) ON CONFLICT (order_id) DO UPDATE SET reserved = true RETURNING *",
            new { message.OrderId }));

    /// <summary>The call of the provider stands outside a transaction, so it has a queue of its own.</summary>
    public static RawService WithCharges(this RawService service, HttpClient provider) =>
        service.On<ChargePayment>((id, message) => Charge(service.Endpoint, provider, id, message));

    private static async Task Join(RawTransaction transaction, string due, object parameters)
    {
        var payment = await transaction.Connection.QuerySingleOrDefaultAsync<long?>(
            $"WITH joined AS ({due}) {CreatePayment}", parameters);
        await transaction.Record(payment is { } id ? RawMessage.Of(new ChargePayment(id)) : null);
    }

    private static async Task Charge(RawEndpoint endpoint, HttpClient provider, Guid id, ChargePayment message)
    {
        // In a transaction of its own, so that a crash during the call leaves the trace that there was one.
        var payment = await endpoint.Run(connection => connection.QuerySingleOrDefaultAsync<Payment>(
            """
            UPDATE payments SET charges_sent = charges_sent + 1 WHERE id = @PaymentId AND status = 'PENDING'
            RETURNING id, order_id AS OrderId, user_id AS UserId, amount, payment_method AS PaymentMethod
            """,
            message));
        if (payment is null)
        {
            // The message was handled before; what it sent may still have to leave.
            await endpoint.Handle(id, transaction => transaction.Record());
            return;
        }

        var charge = await Charge(provider, payment);
        await endpoint.Handle(id, async transaction =>
        {
            if (await transaction.Record(RawMessage.Of(new PaymentCompleted(
                payment.OrderId, payment.Id, payment.UserId, payment.Amount, payment.PaymentMethod, charge.ChargedAt))))
            {
                await transaction.Connection.ExecuteAsync(
                    """
                    UPDATE payments SET status = 'COMPLETED', charge_id = @ChargeId, completed_at = @ChargedAt
                    WHERE id = @Id AND status = 'PENDING'
                    """,
                    new { ChargeId = charge.Id, charge.ChargedAt, payment.Id });
            }
        });
    }

    private static async Task<RawCharge> Charge(HttpClient provider, Payment payment)
    {
        var key = $"order-{payment.OrderId}";
        using var request = new HttpRequestMessage(HttpMethod.Post, "charges");
        request.Headers.Add(RawProvider.KeyHeader, key);
        request.Content = JsonContent.Create(new RawChargeRequest(key, payment.Amount, payment.PaymentMethod));
        using var response = await provider.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<RawCharge>())!;
    }

    private sealed record ChargePayment(long PaymentId);

    private sealed record Payment(long Id, long OrderId, long UserId, long Amount, string PaymentMethod);
}
