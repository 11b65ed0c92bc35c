using ShopSaga.Hosting.Database;
using ShopSaga.Payments.Lifecycle;

namespace ShopSaga.Payments.Viewing;

/// <summary>A payment as its owner and the administrators see it.</summary>
internal sealed record PaymentView(
    long Id,
    long OrderId,
    long UserId,
    long Amount,
    string PaymentMethod,
    PaymentStatus Status,
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
