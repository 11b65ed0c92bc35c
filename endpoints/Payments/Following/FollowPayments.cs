using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Payments.Following;

/// <summary>A payment as its owner sees it.</summary>
internal sealed record PaymentView(
    long Id,
    long OrderId,
    long UserId,
    long Amount,
    string PaymentMethod,
    string Status,
    DateTimeOffset CreatedAt,
    DateTimeOffset? RefundedAt)
{
    public const string Select =
        """
        SELECT id, order_id, user_id, payments.amount, payment_method, status, created_at, refunded_at
        FROM payments LEFT JOIN refunds ON payment_id = id
        """;

    public static Task<PaymentView> Read(Sql sql, long id) => sql.QuerySingle<PaymentView>($"{Select} WHERE id = @id", new { id });
}

/// <summary>GET /payments, newest first, and GET /payments/{id}: one's own; the admin sees all.</summary>
internal static class FollowPayments
{
    public static void MapFollowPayments(this WebApplication app)
    {
        app.MapGet("/payments", List).RequireUser()
            .Describe("listPayments", "The caller's payments, newest first; the admin's are all")
            .TakesNumber("orderId", "Only the payment of this order.");
        app.MapGet("/payments/{id:long}", Get).RequireUser()
            .Describe("readPayment", "A payment");
    }

    private static async Task<Ok<ItemsOf<PaymentView>>> List(
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

    private static async Task<Results<Ok<PaymentView>, ProblemHttpResult>> Get(
        long id, Caller caller, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var payment = await connection.QuerySingleOrDefaultAsync<PaymentView>(
            new CommandDefinition($"{PaymentView.Select} WHERE id = @id", new { id }, cancellationToken: cancellationToken));
        return payment is not null && caller.MaySee(payment.UserId) ? TypedResults.Ok(payment) : Problems.NotFound();
    }
}
