using Npgsql;

namespace ShopSaga.Orders.Placing;

/// <summary>
/// Deletes expired idempotency keys, oldest first, in small batches with a pause after each. Several instances do so side by
/// side: each skips the rows that another one is deleting.
/// </summary>
internal sealed class IdempotencyKeyCleanup(NpgsqlDataSource database, TimeProvider time, ILogger<IdempotencyKeyCleanup> logger)
    : BackgroundService
{
    internal const int BatchSize = 500;

    /// <summary>A key is kept this much longer: a request that found it just before it expired may still read its order.</summary>
    private static readonly TimeSpan MaxRequestDuration = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var deleted = 0;
            try
            {
                deleted = await DeleteBatch(stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                logger.LogWarning(LogEvents.KeysNotForgotten, "Expired idempotency keys are deleted later: {Reason}", failure.Message);
            }

            await Task.Delay(deleted == BatchSize ? Pause : Interval, time, stoppingToken);
        }
    }

    internal async Task<int> DeleteBatch(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            DELETE FROM idempotency_keys WHERE (user_id, route, key) IN (
                SELECT user_id, route, key FROM idempotency_keys WHERE created_at <= $1
                 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
            """);
        command.Parameters.AddWithValue((time.GetUtcNow() - IdempotencyKey.Lifetime - MaxRequestDuration).UtcDateTime);
        command.Parameters.AddWithValue(BatchSize);
        var deleted = await command.ExecuteNonQueryAsync(cancellationToken);
        if (deleted > 0)
        {
            logger.LogInformation(LogEvents.KeysForgotten, "Deleted {Count} expired idempotency keys", deleted);
        }

        return deleted;
    }
}
