using Dapper;
using Npgsql;

namespace ShopSaga.Load.RawShop;

internal sealed record RawChargeRequest(string Reference, long Amount, string PaymentMethod);

internal sealed record RawCharge(long Id, DateTime ChargedAt);

/// <summary>
/// Writes what the provider's simulator writes for a charge, in as many transactions. The simulator itself would report each charge to the
/// shop beside this one.
/// </summary>
internal sealed class RawProvider(NpgsqlDataSource database)
{
    public const string KeyHeader = "Idempotency-Key";

    public async Task<RawCharge> Charge(RawChargeRequest request, string key)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            INSERT INTO charges (idempotency_key, reference, amount, payment_method, status, attempts, created_at)
            SELECT @key, @Reference, @Amount, @PaymentMethod, 'OPEN', 1, now() FROM set_config('synchronous_commit', 'off', true)
            ON CONFLICT (idempotency_key) DO UPDATE SET attempts = charges.attempts + 1
            """,
            new { key, request.Reference, request.Amount, request.PaymentMethod });
        return await connection.QuerySingleAsync<RawCharge>(
            """
            WITH decided AS (
                UPDATE charges SET status = 'CHARGED', charged_at = now() WHERE idempotency_key = @key AND status = 'OPEN'
                RETURNING id, charged_at),
            webhook AS (
                INSERT INTO webhooks (type, charge_id, created_at, next_attempt_at)
                SELECT 'charge.succeeded', id, now(), now() FROM decided)
            SELECT id, charged_at AS ChargedAt FROM decided
            UNION ALL
            SELECT id, charged_at FROM charges WHERE idempotency_key = @key AND status = 'CHARGED'
            """,
            new { key });
    }
}
