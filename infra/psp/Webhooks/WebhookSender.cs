using Dapper;
using Npgsql;
using ShopSaga.Psp.Charging;
using ShopSaga.Psp.Refunding;

namespace ShopSaga.Psp.Webhooks;

/// <summary>
/// Sends each webhook until the merchant answers 2xx: after seconds at first, then after twice as long each time, for about an hour.
/// Claiming a webhook moves its next attempt, so that two processes never send the same one at once, and a process that dies loses none.
/// </summary>
internal sealed class WebhookSender(
    NpgsqlDataSource database, WebhookSettings settings, HttpClient http, TimeProvider time,
    ILogger<WebhookSender> logger) : BackgroundService
{
    private const int BatchSize = 10;
    private const int MaxAttempts = 12;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var claimed = 0;
            try
            {
                claimed = await SendDue(stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                logger.LogWarning(LogEvents.WebhooksWait, "Webhooks wait for the database: {Reason}", failure.Message);
            }

            if (claimed < BatchSize)
            {
                await Task.Delay(PollInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<int> SendDue(CancellationToken stoppingToken)
    {
        await using var connection = await database.OpenConnectionAsync(stoppingToken);
        var due = await Claim(connection);
        if (due.Count == 0)
        {
            return 0;
        }

        var charges = (await connection.QueryAsync<Charge>(
            $"SELECT {Charge.Columns} FROM charges WHERE id = ANY(@ids)",
            new { ids = due.Select(webhook => webhook.ChargeId).OfType<long>().ToArray() })).ToDictionary(charge => charge.Id);
        var refunds = (await connection.QueryAsync<Refund>(
            $"SELECT {Refund.Columns} FROM refunds WHERE id = ANY(@ids)",
            new { ids = due.Select(webhook => webhook.RefundId).OfType<long>().ToArray() })).ToDictionary(refund => refund.Id);
        var sent = await Task.WhenAll(due.Select(async webhook =>
        {
            var body = webhook.ChargeId is { } charge
                ? Webhook.Of(webhook, charges[charge])
                : Webhook.Of(webhook, refunds[webhook.RefundId!.Value]);
            return (webhook.Id, IsDelivered: await Send(body, webhook.Attempts, stoppingToken));
        }));
        await connection.ExecuteAsync(
            "UPDATE webhooks SET delivered_at = @now, next_attempt_at = NULL WHERE id = ANY(@ids)",
            new { now = time.GetUtcNow(), ids = sent.Where(webhook => webhook.IsDelivered).Select(webhook => webhook.Id).ToArray() });
        return due.Count;
    }

    private async Task<IReadOnlyList<DueWebhook>> Claim(NpgsqlConnection connection) =>
    [
        .. await connection.QueryAsync<DueWebhook>(
            """
            WITH due AS (
                SELECT id FROM webhooks WHERE next_attempt_at <= @now ORDER BY next_attempt_at LIMIT @BatchSize FOR UPDATE SKIP LOCKED)
            UPDATE webhooks
            SET attempts = attempts + 1,
                next_attempt_at = CASE WHEN attempts + 1 < @MaxAttempts THEN @now + interval '2 seconds' * power(2, attempts) END
            FROM due
            WHERE webhooks.id = due.id
            RETURNING webhooks.id, type, created_at, attempts, charge_id, refund_id
            """,
            new { MaxAttempts, BatchSize, now = time.GetUtcNow() }),
    ];

    private async Task<bool> Send(Webhook webhook, int attempt, CancellationToken stoppingToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        timeout.CancelAfter(SendTimeout);
        using var request = webhook.Signed(settings.Address, settings.Secret, time.GetUtcNow());
        try
        {
            using var answer = await http.SendAsync(request, timeout.Token);
            answer.EnsureSuccessStatusCode();
            return true;
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            logger.LogInformation(
                LogEvents.WebhookNotTaken, "Webhook {WebhookId}, attempt {Attempt}, was not taken: {Reason}", webhook.Id, attempt,
                failure.Message);
            return false;
        }
    }
}
