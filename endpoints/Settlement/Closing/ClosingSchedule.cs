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
                await Compare(date, cancellationToken);
            }
        }
        finally
        {
            await connection.ExecuteAsync("SELECT pg_advisory_unlock(@AdvisoryLock)", new { AdvisoryLock });
        }
    }

    /// <summary>A day that cannot be compared now does not keep the others from it.</summary>
    private async Task Compare(DateOnly date, CancellationToken cancellationToken)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            await reconcile.Run(date, scope.ServiceProvider.GetRequiredService<ITransactionalSession>(), cancellationToken);
        }
        catch (HttpRequestException failure)
        {
            logger.LogWarning(LogEvents.CannotReconcile, "The books of {Date} cannot be compared now: {Reason}", date, failure.Message);
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

    /// <summary>Closed days that have not been compared since they were closed; and whatever differed when it was compared, closed or not.</summary>
    private Task<IEnumerable<DateOnly>> DaysToCompare(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.QueryAsync<DateOnly>(new CommandDefinition(
            """
            SELECT report_date
            FROM daily_settlements AS day
            WHERE NOT EXISTS (SELECT FROM reconciliations WHERE business_date = day.report_date AND reconciled_at >= day.closed_at)
            UNION
            SELECT business_date
            FROM (
                SELECT DISTINCT ON (business_date) business_date, differences, reconciled_at FROM reconciliations ORDER BY business_date, id DESC) AS latest
            WHERE differences > 0 AND reconciled_at <= @before
            ORDER BY report_date
            """,
            new { before = time.GetUtcNow() - times.CompareAgainAfter },
            cancellationToken: cancellationToken));
}
