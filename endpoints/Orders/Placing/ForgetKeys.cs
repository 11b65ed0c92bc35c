using Npgsql;

namespace ShopSaga.Orders.Placing;

/// <summary>
/// Removes keys that are too old, oldest first, a few at a time, by an index and with a pause in between; beside the requests, and side by
/// side with other instances, which skip what this one removes. No key goes that a request under way may still have found.
/// </summary>
internal sealed class ForgetKeys(NpgsqlDataSource database, TimeProvider time, ILogger<ForgetKeys> logger) : BackgroundService
{
    internal const int AtOnce = 500;
    private static readonly TimeSpan LongestRequest = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var removed = 0;
            try
            {
                removed = await Remove(stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                logger.LogWarning(LogEvents.KeysNotForgotten, "Old idempotency keys are removed later: {Reason}", failure.Message);
            }

            await Task.Delay(removed == AtOnce ? Pause : Interval, time, stoppingToken);
        }
    }

    internal async Task<int> Remove(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            DELETE FROM idempotency_keys WHERE (user_id, route, key) IN (
                SELECT user_id, route, key FROM idempotency_keys WHERE created_at <= $1
                 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
            """);
        command.Parameters.AddWithValue((time.GetUtcNow() - IdempotencyKey.Lifetime - LongestRequest).UtcDateTime);
        command.Parameters.AddWithValue(AtOnce);
        var removed = await command.ExecuteNonQueryAsync(cancellationToken);
        if (removed > 0)
        {
            logger.LogInformation(LogEvents.KeysForgotten, "Removed {Count} idempotency keys that are older than a day", removed);
        }

        return removed;
    }
}
