using Dapper;
using Npgsql;
using ShopSaga.Hosting.Http;
using ShopSaga.Psp.Charging;

namespace ShopSaga.Psp.Refunding;

/// <summary>
/// POST /charges/{id}/refunds refunds once for each idempotency key, and never more than was captured: the charge's row is locked while its
/// refunds are added up.
/// </summary>
internal sealed class CreateRefund(
    NpgsqlDataSource database, WebhookSettings webhooks, TimeProvider time, Outage outage, ILogger<CreateRefund> logger)
{
    public async Task<IResult> Handle(long chargeId, RefundRequest request, string key)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var charge = await connection.QuerySingleOrDefaultAsync<Charge>(
            $"SELECT {Charge.Columns} FROM charges WHERE id = @chargeId FOR UPDATE", new { chargeId }, transaction);
        if (charge is null)
        {
            return Problems.NotFound();
        }

        if (charge.Status != "CHARGED")
        {
            return Refusals.NothingToRefund(chargeId);
        }

        var refund = await RecordAttempt(connection, transaction, chargeId, request, key);
        if ((refund.ChargeId, refund.Amount) != (chargeId, request.Amount))
        {
            return Refusals.KeyReused(key);
        }

        if (refund.Status == "OPEN" && await RefundedAmount(connection, transaction, chargeId) + request.Amount > charge.Amount)
        {
            return Refusals.RefundTooHigh(chargeId);
        }

        if (refund.Status == "OPEN" && refund.Attempts <= PaymentMethod.Named(charge.PaymentMethod!).FailedRefunds)
        {
            await transaction.CommitAsync();
            return outage.Unavailable(key, refund.Attempts);
        }

        if (refund.Status == "OPEN")
        {
            refund = await Complete(connection, transaction, refund.Id);
        }

        await transaction.CommitAsync();
        logger.LogInformation(
            LogEvents.Refunded, "Refund {RefundId} for {Reference} of {Amount}", refund.Id, charge.Reference, refund.Amount);
        return Results.Created($"/refunds/{refund.Id}", refund);
    }

    private Task<Refund> RecordAttempt(
        NpgsqlConnection connection, NpgsqlTransaction transaction, long chargeId, RefundRequest request, string key) =>
        connection.QuerySingleAsync<Refund>(
            $"""
            INSERT INTO refunds (idempotency_key, charge_id, amount, status, attempts, created_at)
            VALUES (@key, @chargeId, @Amount, 'OPEN', 1, @now)
            ON CONFLICT (idempotency_key) DO UPDATE SET attempts = refunds.attempts + 1
            RETURNING {Refund.Columns}
            """,
            new { key, chargeId, request.Amount, now = time.GetUtcNow() },
            transaction);

    private static Task<long> RefundedAmount(NpgsqlConnection connection, NpgsqlTransaction transaction, long chargeId) =>
        connection.QuerySingleAsync<long>(
            "SELECT coalesce(sum(amount), 0)::bigint FROM refunds WHERE charge_id = @chargeId AND status = 'REFUNDED'",
            new { chargeId },
            transaction);

    private Task<Refund> Complete(NpgsqlConnection connection, NpgsqlTransaction transaction, long id)
    {
        var now = time.GetUtcNow();
        return connection.QuerySingleAsync<Refund>(
            $"""
            WITH webhook AS (
                INSERT INTO webhooks (type, refund_id, created_at, next_attempt_at) VALUES ('refund.succeeded', @id, @now, @sendAt))
            UPDATE refunds SET status = 'REFUNDED', refunded_at = @now WHERE id = @id RETURNING {Refund.Columns}
            """,
            new { id, now, sendAt = now + webhooks.Delay },
            transaction);
    }
}
