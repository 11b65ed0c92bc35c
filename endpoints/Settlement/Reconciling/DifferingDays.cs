using Dapper;
using Npgsql;

namespace ShopSaga.Settlement.Reconciling;

/// <summary>The days whose latest comparison has differences.</summary>
internal static class DifferingDays
{
    /// <summary>A sentence that names the days; null when there are none.</summary>
    public static async Task<string?> Describe(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var days = await connection.QueryAsync<string>(new CommandDefinition(
            """
            SELECT to_char(business_date, 'YYYY-MM-DD')
            FROM (
                SELECT DISTINCT ON (business_date) business_date, differences
                FROM reconciliations
                ORDER BY business_date, id DESC) AS latest
            WHERE differences > 0
            ORDER BY business_date
            """,
            cancellationToken: cancellationToken));
        return days.AsList() is [_, ..] differing ? $"The books differ on {string.Join(", ", differing)}." : null;
    }
}
