using Dapper;
using Npgsql;

namespace ShopSaga.Settlement.Reconciling;

/// <summary>The days whose latest reconciliation has differences.</summary>
internal static class DifferingDays
{
    /// <summary>Selects their business dates; another condition on the latest reconciliation may follow.</summary>
    public const string Select =
        """
        SELECT business_date
        FROM (
            SELECT DISTINCT ON (business_date) business_date, differences, reconciled_at
            FROM reconciliations
            ORDER BY business_date, id DESC) AS latest
        WHERE differences > 0
        """;

    /// <summary>A sentence that names the days; null when there are none.</summary>
    public static async Task<string?> Describe(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var days = await connection.QueryAsync<DateOnly>(new CommandDefinition(
            $"{Select} ORDER BY business_date", cancellationToken: cancellationToken));
        return days.AsList() is [_, ..] differing
            ? $"The books differ on {string.Join(", ", differing.Select(day => day.ToIso()))}."
            : null;
    }
}
