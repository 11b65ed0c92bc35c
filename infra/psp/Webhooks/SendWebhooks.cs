using Dapper;
using Npgsql;
using ShopSaga.Psp.Charging;
using ShopSaga.Psp.Refunding;

namespace ShopSaga.Psp.Webhooks;

/// <summary>
/// Sends each webhook until the merchant answers 2xx, at first after seconds, then after twice as long each time, for about an hour. Taking one
/// to send it moves its next attempt, so that several processes do not send it at once, and one that dies loses none.
/// </summary>
internal sealed class SendWebhooks(
    NpgsqlDataSource database, WebhookSettings settings, HttpClient http, TimeProvider time, ILogger<SendWebhooks> logger) : BackgroundService
{
    private const int MostAtOnce = 10;
    private const int MostAttempts = 12;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var taken = 0;
            try
            {
                taken = await SendDue(stoppingToken);
            }
            catch (NpgsqlException failure)
            {
                logger.LogWarning(PspEvents.WebhooksWait, "Webhooks wait for the database: {Reason}", failure.Message);
            }

            if (taken < MostAtOnce)
            {
                await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<int> SendDue(CancellationToken stoppingToken)
    {
        await using var connection = await database.OpenConnectionAsync(stoppingToken);
        var due = await Take(connection);
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
            var body = webhook.ChargeId is { } charge ? Webhook.Of(webhook, charges[charge]) : Webhook.Of(webhook, refunds[webhook.RefundId!.Value]);
            return (webhook.Id, IsDelivered: await Send(body, webhook.Attempts, stoppingToken));
        }));
        await connection.ExecuteAsync(
            "UPDATE webhooks SET delivered_at = @now, next_attempt_at = NULL WHERE id = ANY(@ids)",
            new { now = time.GetUtcNow(), ids = sent.Where(webhook => webhook.IsDelivered).Select(webhook => webhook.Id).ToArray() });
        return due.Count;
    }

    private async Task<IReadOnlyList<DueWebhook>> Take(NpgsqlConnection connection) =>
    [
        .. await connection.QueryAsync<DueWebhook>(
            """
            WITH due AS (
                SELECT id FROM webhooks WHERE next_attempt_at <= @now ORDER BY next_attempt_at LIMIT @MostAtOnce FOR UPDATE SKIP LOCKED)
            UPDATE webhooks
            SET attempts = attempts + 1,
                next_attempt_at = CASE WHEN attempts + 1 < @MostAttempts THEN @now + interval '2 seconds' * power(2, attempts) END
            FROM due
            WHERE webhooks.id = due.id
            RETURNING webhooks.id, type, created_at, attempts, charge_id, refund_id
            """,
            new { MostAttempts, MostAtOnce, now = time.GetUtcNow() }),
    ];

    private async Task<bool> Send(Webhook webhook, int attempt, CancellationToken stoppingToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        patience.CancelAfter(Patience);
        using var request = webhook.Signed(settings.Address, settings.Secret, time.GetUtcNow());
        try
        {
            using var answer = await http.SendAsync(request, patience.Token);
            answer.EnsureSuccessStatusCode();
            return true;
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            logger.LogInformation(
                PspEvents.WebhookNotTaken, "Webhook {WebhookId}, attempt {Attempt}, was not taken: {Reason}", webhook.Id, attempt, failure.Message);
            return false;
        }
    }
}
