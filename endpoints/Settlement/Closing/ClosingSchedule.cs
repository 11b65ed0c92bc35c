using Dapper;
using Npgsql;
using ShopSaga.Hosting.Business;
using ShopSaga.Settlement.Reconciling;

namespace ShopSaga.Settlement.Closing;

/// <summary>
/// Closes every day that is over, some minutes after its end, and compares the books of every closed day, again after a while if they differ. What
/// is to be done is read from the books each time, so that nothing is forgotten in a stop; and whoever holds the lock does it, so that of several
/// instances one does.
/// </summary>
internal sealed class ClosingSchedule(
    IServiceScopeFactory scopes,
    CloseDay days,
    Reconcile reconcile,
    NpgsqlDataSource database,
    ClosingTimes times,
    BusinessCalendar calendar,
    TimeProvider time,
    ILogger<ClosingSchedule> logger) : BackgroundService
{
    private const long AdvisoryLock = 0x43_6C_6F_73_69_6E_67;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(times.CheckEvery, time);
        do
        {
            try
            {
                await DoWhatIsDue(stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                logger.LogError(LogEvents.ScheduleFailed, failure, "What is due could not be done, and is tried again in {Pause}", times.CheckEvery);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task DoWhatIsDue(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (!await connection.ExecuteScalarAsync<bool>("SELECT pg_try_advisory_lock(@AdvisoryLock)", new { AdvisoryLock }))
        {
            return;
        }

        try
        {
            foreach (var date in await DaysToClose(connection, cancellationToken))
            {
                await using var scope = scopes.CreateAsyncScope();
                await days.Close(date, scope.ServiceProvider.GetRequiredService<ITransactionalSession>(), cancellationToken);
            }

            foreach (var date in await DaysToCompare(connection, cancellationToken))
            {
                await reconcile.Run(date, cancellationToken);
            }
        }
        catch (HttpRequestException failure)
        {
            logger.LogWarning(LogEvents.CannotReconcile, "The books cannot be compared now: {Reason}", failure.Message);
        }
        finally
        {
            await connection.ExecuteAsync("SELECT pg_advisory_unlock(@AdvisoryLock)", new { AdvisoryLock });
        }
    }

    /// <summary>Open days that are over, oldest first, from the beginning of the month in which the ledger begins: so the first month closes, too.</summary>
    private Task<IEnumerable<DateOnly>> DaysToClose(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.QueryAsync<DateOnly>(new CommandDefinition(
            """
            SELECT day::date
            FROM generate_series(
                (SELECT date_trunc('month', min(report_date)::timestamp) FROM entries), @last::timestamp, interval '1 day') AS day
            WHERE NOT EXISTS (SELECT FROM daily_settlements WHERE report_date = day::date)
            ORDER BY day
            """,
            new { last = calendar.DateOf(time.GetUtcNow() - times.After).AddDays(-1) },
            cancellationToken: cancellationToken));

    private Task<IEnumerable<DateOnly>> DaysToCompare(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.QueryAsync<DateOnly>(new CommandDefinition(
            """
            SELECT report_date
            FROM daily_settlements LEFT JOIN LATERAL (
                SELECT differences, reconciled_at FROM reconciliations WHERE business_date = report_date ORDER BY id DESC LIMIT 1) AS latest ON true
            WHERE reconciled_at IS NULL OR (differences > 0 AND reconciled_at <= @before)
            ORDER BY report_date
            """,
            new { before = time.GetUtcNow() - times.CompareAgainAfter },
            cancellationToken: cancellationToken));
}
