using Dapper;
using Npgsql;

namespace ShopSaga.Psp.Statements;

/// <summary>The provider's totals over all days.</summary>
internal sealed record Totals(long ChargeCount, long ChargedAmount, long RefundCount, long RefundedAmount);

/// <summary>GET /totals.</summary>
internal sealed class BookTotals(NpgsqlDataSource database)
{
    public async Task<Totals> Read()
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<Totals>(
            """
            SELECT charge_count, charged_amount, refund_count, refunded_amount
            FROM (SELECT count(*) AS charge_count, coalesce(sum(amount), 0)::bigint AS charged_amount
                  FROM charges WHERE status = 'CHARGED') AS charged,
                 (SELECT count(*) AS refund_count, coalesce(sum(amount), 0)::bigint AS refunded_amount
                  FROM refunds WHERE status = 'REFUNDED') AS refunded
            """);
    }
}
