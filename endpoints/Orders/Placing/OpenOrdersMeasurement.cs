using System.Diagnostics.Metrics;
using Dapper;
using Npgsql;
using ShopSaga.Orders.Lifecycle;

namespace ShopSaga.Orders.Placing;

/// <summary>Measures once a second how many orders are open, for <see cref="Admission"/>. All instances measure the same.</summary>
internal sealed class OpenOrdersMeasurement : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource _database;
    private readonly Admission _admission;
    private readonly TimeProvider _time;
    private readonly ILogger<OpenOrdersMeasurement> _logger;

    public OpenOrdersMeasurement(
        NpgsqlDataSource database,
        Admission admission,
        StatusNotifications notifications,
        IMeterFactory meters,
        TimeProvider time,
        ILogger<OpenOrdersMeasurement> logger)
    {
        (_database, _admission, _time, _logger) = (database, admission, time, logger);
        notifications.BecomingFinal += admission.CountFinal;
        meters.Create("ShopSaga.Orders").CreateObservableGauge(
            "shopsaga.orders.expected_wait",
            () => admission.ExpectedWait?.TotalSeconds ?? 0,
            "s",
            "Time until all orders that are open now will be final, at the rate of the last seconds.");
    }

    /// <summary>Measures now, and logs when orders begin or cease to be limited.</summary>
    internal async Task Measure(CancellationToken cancellationToken)
    {
        var wasLimiting = _admission.IsLimiting;
        await using var connection = await _database.OpenConnectionAsync(cancellationToken);
        // Indexes: orders_open and the primary key.
        var (count, newestId) = await connection.QuerySingleAsync<(int Count, long NewestId)>(new CommandDefinition(
            """
            SELECT (SELECT count(*)::int FROM orders WHERE status IN ('PENDING', 'CANCELLING')),
                   (SELECT coalesce(max(id), 0) FROM orders)
            """,
            cancellationToken: cancellationToken));
        // A counter that appears with its first refusal would hide it from the alert, which looks at increases.
        OrderMetrics.Refused(0);
        _admission.Update(new OpenOrders(_time.GetUtcNow(), count, newestId));
        if (_admission.IsLimiting && !wasLimiting)
        {
            _logger.LogWarning(
                LogEvents.OrdersLimited,
                "New orders are limited: {Open} are open, and will be final in {Wait}",
                count,
                _admission.ExpectedWait);
        }
        else if (wasLimiting && !_admission.IsLimiting)
        {
            _logger.LogInformation(LogEvents.OrdersNotLimited, "New orders are no longer limited: {Open} are open", count);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Measure(stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                _logger.LogWarning(LogEvents.OpenOrdersNotMeasured, "Open orders are counted later: {Reason}", failure.Message);
            }

            await Task.Delay(Interval, _time, stoppingToken);
        }
    }
}
