using Dapper;
using Npgsql;
using Method = ShopSaga.Psp.PaymentMethod;

namespace ShopSaga.Psp.Charging;

/// <summary>
/// POST /charges captures money once for each idempotency key, however many requests arrive at the same time: the attempt is recorded under
/// the unique key, and only one request can move the row from OPEN to its final status. A key that was declined, or voided before it was
/// charged, is answered with that charge, which captured nothing.
/// </summary>
internal sealed class CreateCharge(
    NpgsqlDataSource database, WebhookSettings webhooks, TimeProvider time, Outage outage, ILogger<CreateCharge> logger)
{
    public async Task<IResult> Handle(ChargeRequest request, string key, HttpContext http)
    {
        var method = Method.Named(request.PaymentMethod);
        var charge = await RecordAttempt(request, key);
        if (charge.Reference is not null && !charge.Matches(request))
        {
            return Refusals.KeyReused(key);
        }

        if (charge.Status == "OPEN")
        {
            if (charge.Attempts <= method.FailedCharges)
            {
                return outage.Unavailable(key, charge.Attempts);
            }

            await outage.Wait(method.Duration);
            charge = method.Lost ? charge : await Decide(key, method);
        }

        if (method.Silent)
        {
            await outage.StaySilent(http);
            return Results.Empty;
        }

        return Results.Created($"/charges/{charge.Id}", charge);
    }

    /// <summary>
    /// Does not wait for the disk: a crash can only lose an attempt that has charged nothing. A charge is flushed, and all before it.
    /// </summary>
    private async Task<Charge> RecordAttempt(ChargeRequest request, string key)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<Charge>(
            $"""
            INSERT INTO charges (idempotency_key, reference, amount, payment_method, status, attempts, created_at)
            SELECT @key, @Reference, @Amount, @PaymentMethod, 'OPEN', 1, @now FROM set_config('synchronous_commit', 'off', true)
            ON CONFLICT (idempotency_key) DO UPDATE SET attempts = charges.attempts + 1
            RETURNING {Charge.Columns}
            """,
            new { key, request.Reference, request.Amount, request.PaymentMethod, now = time.GetUtcNow() });
    }

    private async Task<Charge> Decide(string key, Method method)
    {
        await using var connection = await database.OpenConnectionAsync();
        var now = time.GetUtcNow();
        var decided = await connection.QuerySingleOrDefaultAsync<Charge>(
            $"""
            WITH decided AS (
                UPDATE charges
                SET status = @status, decline_reason = @DeclineReason, charged_at = @chargedAt
                WHERE idempotency_key = @key AND status = 'OPEN'
                RETURNING {Charge.Columns}),
            webhook AS (
                INSERT INTO webhooks (type, charge_id, created_at, next_attempt_at)
                SELECT @webhookType, id, @now, @sendAt FROM decided)
            SELECT {Charge.Columns} FROM decided
            """,
            new
            {
                key,
                status = method.DeclineReason is null ? "CHARGED" : "DECLINED",
                method.DeclineReason,
                chargedAt = method.DeclineReason is null ? now : (DateTimeOffset?)null,
                webhookType = method.DeclineReason is null ? "charge.succeeded" : "charge.declined",
                now,
                sendAt = now + webhooks.Delay,
            });
        if (decided is null)
        {
            return await connection.QuerySingleAsync<Charge>(
                $"SELECT {Charge.Columns} FROM charges WHERE idempotency_key = @key", new { key });
        }

        logger.LogInformation(
            method.DeclineReason is null ? LogEvents.Charged : LogEvents.Declined,
            "Charge {ChargeId} for {Reference} of {Amount}: {Status}",
            decided.Id,
            decided.Reference,
            decided.Amount,
            decided.Status);
        return decided;
    }
}
