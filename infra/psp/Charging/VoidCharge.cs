using Dapper;
using Npgsql;

namespace ShopSaga.Psp.Charging;

/// <summary>
/// POST /charges/void voids an idempotency key for good, for a merchant that got no answer: a charge that is still open never captures
/// money. The answer is final: CHARGED, DECLINED or VOIDED.
/// </summary>
internal sealed class VoidCharge(NpgsqlDataSource database, TimeProvider time, ILogger<VoidCharge> logger)
{
    public async Task<Charge> Handle(string key)
    {
        await using var connection = await database.OpenConnectionAsync();
        var charge = await connection.QuerySingleAsync<Charge>(
            $"""
            INSERT INTO charges (idempotency_key, status, created_at)
            VALUES (@key, 'VOIDED', @now)
            ON CONFLICT (idempotency_key) DO UPDATE
            SET status = CASE charges.status WHEN 'OPEN' THEN 'VOIDED' ELSE charges.status END
            RETURNING {Charge.Columns}
            """,
            new { key, now = time.GetUtcNow() });
        logger.LogInformation(LogEvents.Voided, "Key {IdempotencyKey} is voided: {Status}", key, charge.Status);
        return charge;
    }
}
