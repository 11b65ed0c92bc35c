using System.Diagnostics.Metrics;
using Dapper;
using Npgsql;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>
/// Finds orders that have waited longer than any delay of a working system: an event or a timeout for them was lost, or waits in the error
/// queue. Each is logged once, with the events that it waits for, and all are counted in the gauge <c>shopsaga.orders.overdue</c>.
/// </summary>
/// <remarks>
/// An overdue PENDING order has lost its timeout, so it gets a new one, and expires: what was done for it is then compensated. An overdue
/// CANCELLING order is not touched, because only Products and Payments know whether they have compensated
/// (docs/decisions/021-a-lost-event-shows-at-the-order.md).
/// </remarks>
internal sealed class OverdueOrders : BackgroundService
{
    private const int MaxReported = 100;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly NpgsqlDataSource _database;
    private readonly IMessageSession _messages;
    private readonly OverduePolicy _policy;
    private readonly TimeProvider _time;
    private readonly ILogger<OverdueOrders> _logger;
    private long[] _reported = [];
    private long _count;

    public OverdueOrders(
        NpgsqlDataSource database,
        IMessageSession messages,
        OverduePolicy policy,
        IMeterFactory meters,
        TimeProvider time,
        ILogger<OverdueOrders> logger)
    {
        (_database, _messages, _policy, _time, _logger) = (database, messages, policy, time, logger);
        meters.Create("ShopSaga.Orders").CreateObservableGauge(
            "shopsaga.orders.overdue",
            () => Interlocked.Read(ref _count),
            "{order}",
            "Orders that have waited too long for an event");
    }

    /// <summary>
    /// Counts the overdue orders, logs those that are not logged yet, and gives each of these that is PENDING a new <see
    /// cref="WatchOrder"/>: 100 at a time, PENDING ones first.
    /// </summary>
    internal async Task ReportAndExpire(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        await using var connection = await _database.OpenConnectionAsync(cancellationToken);
        var overdue = (await connection.QueryAsync<OverdueOrder>(new CommandDefinition(
            // Index: orders_open.
            """
            SELECT id, status, created_at, updated_at, count(*) OVER () AS total,
                   id = ANY(@reported) AS is_reported,
                   CASE WHEN id <> ALL(@reported) THEN
                       (SELECT string_agg(name, ' ') FROM order_events WHERE order_id = orders.id)
                   END AS history
              FROM orders
             WHERE status IN ('PENDING', 'CANCELLING')
               AND updated_at < CASE status WHEN 'PENDING' THEN @pendingBefore ELSE @cancellingBefore END
             ORDER BY is_reported DESC, status DESC, id
             LIMIT cardinality(@reported) + @MaxReported
            """,
            new
            {
                pendingBefore = now - _policy.PendingAfter,
                cancellingBefore = now - _policy.CancellingAfter,
                reported = _reported,
                MaxReported,
            },
            cancellationToken: cancellationToken))).AsList();
        Interlocked.Exchange(ref _count, overdue.FirstOrDefault()?.Total ?? 0);
        foreach (var order in overdue.Where(order => !order.IsReported))
        {
            _logger.LogWarning(
                LogEvents.OrderOverdue,
                "Order {OrderId} has been {Status} since {Since:O} and waits for {Missing}",
                order.Id,
                order.Status,
                order.UpdatedAt,
                string.Join(" and ", Transitions.Missing(order.Status, order.Triggers)));
            if (order.Status is OrderStatus.PENDING)
            {
                await _messages.SendLocal(new WatchOrder(order.Id, order.CreatedAt), cancellationToken);
            }
        }

        _reported = [.. overdue.Select(order => order.Id)];
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Interval, _time, stoppingToken);
            try
            {
                await ReportAndExpire(stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                _logger.LogWarning(LogEvents.OverdueNotChecked, "Overdue orders are looked for later: {Reason}", failure.Message);
            }
        }
    }

    private sealed record OverdueOrder(
        long Id, OrderStatus Status, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Total, bool IsReported, string? History)
    {
        /// <summary>Read only of an order that is to be reported.</summary>
        public IReadOnlySet<OrderTrigger> Triggers => History!.Split(' ').Select(Enum.Parse<OrderTrigger>).ToHashSet();
    }
}
