using Dapper;
using Npgsql;
using ShopSaga.Hosting.Business;

namespace ShopSaga.Psp.Statements;

/// <summary>Charges and refunds of one business date, and their sums.</summary>
internal sealed record Statement(
    DateOnly Date,
    IReadOnlyList<StatementCharge> Charges,
    IReadOnlyList<StatementRefund> Refunds,
    long ChargedAmount,
    long RefundedAmount);

internal sealed record StatementCharge(long Id, string Reference, string PaymentMethod, long Amount, DateTimeOffset ChargedAt);

internal sealed record StatementRefund(long Id, long ChargeId, string Reference, long Amount, DateTimeOffset RefundedAt);

/// <summary>GET /statements/{date}: the document that merchants reconcile with.</summary>
internal sealed class DailyStatement(NpgsqlDataSource database, BusinessCalendar calendar)
{
    public async Task<Statement> Of(DateOnly date)
    {
        var (from, until) = calendar.InstantsOf(date);
        await using var connection = await database.OpenConnectionAsync();
        var charges = await connection.QueryAsync<StatementCharge>(
            """
            SELECT id, reference, payment_method, amount, charged_at
            FROM charges
            WHERE charged_at >= @from AND charged_at < @until
            ORDER BY id
            """,
            new { from, until });
        var refunds = await connection.QueryAsync<StatementRefund>(
            """
            SELECT refunds.id, charge_id, reference, refunds.amount, refunded_at
            FROM refunds JOIN charges ON charges.id = charge_id
            WHERE refunded_at >= @from AND refunded_at < @until
            ORDER BY refunds.id
            """,
            new { from, until });
        return new Statement(
            date,
            [.. charges],
            [.. refunds],
            charges.Sum(charge => charge.Amount),
            refunds.Sum(refund => refund.Amount));
    }
}
