using Dapper;
using Npgsql;
using ShopSaga.Hosting.Business;
using ShopSaga.Settlement.Reconciling;

namespace ShopSaga.Settlement.Closing;

/// <summary>
/// Closes every past day once <see cref="ClosingTimes.CloseAfter"/> has passed since its end and reconciles every closed day, again after
/// <see cref="ClosingTimes.CompareAgainAfter"/> while there are differences. The work to do is read from the database each time, so a
/// stopped service only delays it. An advisory lock lets one of several instances do it.
/// </summary>
internal sealed class ClosingSchedule(
    IServiceScopeFactory scopes,
    DailyClosing days,
    Reconciler reconciler,
    NpgsqlDataSource database,
    ClosingTimes times,
    BusinessCalendar calendar,
    TimeProvider time,
    ILogger<ClosingSchedule> logger) : BackgroundService
{
    // "Closing" in ASCII: advisory locks of a database share one number space.
    private const long AdvisoryLock = 0x43_6C_6F_73_69_6E_67;
    private readonly HashSet<DateOnly> _warnedOf = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(times.CheckEvery, time);
        do
        {
            try
            {
                await CloseAndReconcile(stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                logger.LogError(
                    LogEvents.ScheduleFailed, failure, "Cannot close and compare days; next attempt in {Pause}", times.CheckEvery);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task CloseAndReconcile(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        // The lock ends with the transaction, so that it can never stay with a connection that goes back to the pool.
        await using var turn = await connection.BeginTransactionAsync(cancellationToken);
        if (!await connection.ExecuteScalarAsync<bool>(
            """
            SET LOCAL idle_in_transaction_session_timeout = 0;
            SELECT pg_try_advisory_xact_lock(@AdvisoryLock)
            """,
            new { AdvisoryLock }))
        {
            return;
        }

        foreach (var date in await DaysToClose(connection, cancellationToken))
        {
            await using var scope = scopes.CreateAsyncScope();
            await days.Close(date, scope.ServiceProvider.GetRequiredService<ITransactionalSession>(), cancellationToken);
        }

        foreach (var date in await DaysToReconcile(connection, cancellationToken))
        {
            await Reconcile(date, cancellationToken);
        }
    }

    /// <summary>Reconciles a day; a statement that cannot be had now must not stop the reconciliation of the other days.</summary>
    private async Task Reconcile(DateOnly date, CancellationToken cancellationToken)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            await reconciler.Reconcile(date, scope.ServiceProvider.GetRequiredService<ITransactionalSession>(), cancellationToken);
        }
        catch (HttpRequestException failure)
        {
            logger.LogWarning(LogEvents.CannotReconcile, "Cannot compare the books of {Date} now: {Reason}", date.ToIso(), failure.Message);
        }
    }

    /// <summary>
    /// Past open days, oldest first, from the start of the month of the first entry, because a month closes only when all of its days are
    /// closed. An entry dated before the business began does not move the start: one wrong time would close every day since then, and a
    /// closed day stays closed.
    /// </summary>
    private async Task<IEnumerable<DateOnly>> DaysToClose(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (await Beginning(connection, cancellationToken) is not { } beginning)
        {
            return [];
        }

        await WarnOfEntriesBefore(beginning, connection, cancellationToken);
        return await connection.QueryAsync<DateOnly>(new CommandDefinition(
            """
            SELECT day::date
            FROM generate_series(
                (SELECT date_trunc('month', min(report_date)::timestamp) FROM entries WHERE report_date >= @beginning),
                @last::timestamp,
                interval '1 day') AS day
            WHERE NOT EXISTS (SELECT FROM daily_settlements WHERE report_date = day::date)
            ORDER BY day
            """,
            new { beginning, last = calendar.DateOf(time.GetUtcNow() - times.CloseAfter).AddDays(-1) },
            cancellationToken: cancellationToken));
    }

    /// <summary>
    /// The first day of the configured month. Without one, the first day of the month before the first entry was entered, by our clock: its
    /// event may have waited over the end of a month. Null without entries.
    /// </summary>
    private async Task<DateOnly?> Beginning(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (times.FirstDay is { } configured)
        {
            return Month.Of(configured).FirstDay;
        }

        var recordedAt = await connection.QuerySingleOrDefaultAsync<DateTime?>(new CommandDefinition(
            "SELECT recorded_at FROM entries ORDER BY id LIMIT 1", cancellationToken: cancellationToken));
        return recordedAt is { } at ? Month.Of(calendar.DateOf(at)).FirstDay.AddMonths(-1) : null;
    }

    /// <summary>Such entries are in no closed day until an administrator has checked their times and closed the day by hand.</summary>
    private async Task WarnOfEntriesBefore(DateOnly beginning, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var dates = await connection.QueryAsync<DateOnly>(new CommandDefinition(
            """
            SELECT DISTINCT report_date
            FROM daily_totals AS day
            WHERE report_date < @beginning AND NOT EXISTS (SELECT FROM daily_settlements WHERE report_date = day.report_date)
            """,
            new { beginning },
            cancellationToken: cancellationToken));
        foreach (var date in dates.Where(_warnedOf.Add))
        {
            logger.LogWarning(
                LogEvents.EntriesBeforeBeginning,
                "{Date} has entries, but the business began on {Beginning}: the day stays open until it is closed by hand",
                date.ToIso(),
                beginning.ToIso());
        }
    }

    /// <summary>
    /// Closed days that have not been reconciled since, and all days whose latest reconciliation has differences, open days included.
    /// </summary>
    private Task<IEnumerable<DateOnly>> DaysToReconcile(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.QueryAsync<DateOnly>(new CommandDefinition(
            $"""
            SELECT report_date
            FROM daily_settlements AS day
            WHERE NOT EXISTS (SELECT FROM reconciliations WHERE business_date = day.report_date AND reconciled_at >= day.closed_at)
            UNION
            {DifferingDays.Select} AND reconciled_at <= @before
            ORDER BY report_date
            """,
            new { before = time.GetUtcNow() - times.CompareAgainAfter },
            cancellationToken: cancellationToken));
}
