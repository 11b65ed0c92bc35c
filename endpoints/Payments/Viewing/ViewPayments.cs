using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Payments.Viewing;

/// <summary>GET /payments, newest first, and GET /payments/{id}. Customers see their own payments, administrators all.</summary>
internal static class ViewPayments
{
    internal static async Task<Ok<ItemsOf<PaymentView>>> List(
        HttpRequest request, Page page, Caller caller, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var orderId = request.Number("orderId", 1, long.MaxValue);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var payments = await connection.QueryAsync<PaymentView>(new CommandDefinition(
            $"""
            {PaymentView.Select}
            WHERE (@orderId::bigint IS NULL OR order_id = @orderId)
              AND (@userId::bigint IS NULL OR user_id = @userId)
              AND (@After::bigint IS NULL OR id < @After)
            ORDER BY id DESC
            LIMIT @Fetch
            """,
            new { orderId, userId = caller.IsAdmin ? (long?)null : caller.UserId, page.After, page.Fetch },
            cancellationToken: cancellationToken));
        return TypedResults.Ok(page.Of([.. payments], payment => payment.Id));
    }

    internal static async Task<Results<Ok<PaymentView>, ProblemHttpResult>> Read(
        long id, Caller caller, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var payment = await connection.QuerySingleOrDefaultAsync<PaymentView>(
            new CommandDefinition($"{PaymentView.Select} WHERE id = @id", new { id }, cancellationToken: cancellationToken));
        return payment is not null && caller.MaySee(payment.UserId) ? TypedResults.Ok(payment) : Problems.NotFound();
    }
}
