using System.Diagnostics.Metrics;
using ShopSaga.Hosting.Monitoring;

namespace ShopSaga.Settlement.Entering;

/// <summary>Money as the ledger has it, and days that ought to be closed.</summary>
internal static class SettlementMetrics
{
    /// <summary>
    /// A day is closed minutes after its end. One that has entries and is still open 12 to 38 hours later, by the time zone, is overdue.
    /// </summary>
    public static readonly DatabaseGauge Overdue = new(
        "shopsaga.settlement.days_overdue",
        "{day}",
        "Days with entries that ended long ago and are not closed.",
        """
        SELECT count(*)::float8
          FROM (SELECT DISTINCT report_date FROM daily_totals WHERE report_date < (now() AT TIME ZONE 'UTC')::date - 1) past
         WHERE NOT EXISTS (SELECT FROM daily_settlements WHERE daily_settlements.report_date = past.report_date)
        """);

    private static readonly Meter Meter = new("ShopSaga.Settlement.Ledger");

    /// <summary>By the type of the entry.</summary>
    public static readonly Counter<long> Amount = Meter.CreateCounter<long>(
        "shopsaga.settlement.amount", "{won}", "Money that was captured and refunded, as it is entered in the ledger.");
}
