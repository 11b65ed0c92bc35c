using System.Diagnostics;
using Dapper;
using Npgsql;

namespace ShopSaga.Load.Shop;

/// <summary>What PostgreSQL's sessions wait for while they answer, from samples.</summary>
internal static class Waits
{
    private const int Flushes = 300;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Seconds that all sessions together waited: for the lock of an order's id (<c>orders</c>), for locked rows (<c>rows</c>), and for the
    /// disk.
    /// </summary>
    public static async Task<(T Result, IReadOnlyDictionary<string, double> Seconds)> During<T>(Task<T> load)
    {
        await using var connection = new NpgsqlConnection(Servers.Database("postgres"));
        await connection.OpenAsync();
        var (started, samples) = (DateTime.UtcNow, 0);
        var waiting = new Dictionary<string, double> { ["orders"] = 0, ["rows"] = 0, ["disk"] = 0 };
        while (await Task.WhenAny(load, Task.Delay(Interval)) != load)
        {
            var sample = await connection.QueryAsync<(string Kind, int Sessions)>(
                """
                SELECT CASE WHEN wait_event = 'advisory' THEN 'orders' WHEN wait_event_type = 'Lock' THEN 'rows' ELSE 'disk' END,
                    count(*)::int
                FROM pg_stat_activity
                WHERE state = 'active' AND (wait_event_type IN ('Lock', 'IO') OR wait_event = 'WALWrite')
                GROUP BY 1
                """);
            samples++;
            foreach (var (kind, sessions) in sample)
            {
                waiting[kind] += sessions;
            }
        }

        var interval = (DateTime.UtcNow - started).TotalSeconds / Math.Max(1, samples);
        return (await load, waiting.ToDictionary(kind => kind.Key, kind => kind.Value * interval));
    }

    /// <summary>Seconds that a commit waits for the disk of an idle server: what it takes longer than one that does not wait.</summary>
    public static async Task<double> ForFlush()
    {
        await using var connection = new NpgsqlConnection(Servers.Database("postgres"));
        await connection.OpenAsync();
        await connection.ExecuteAsync("CREATE TABLE flushes (number int)");
        var flush = await MedianCommit("on") - await MedianCommit("off");
        await connection.ExecuteAsync("DROP TABLE flushes");
        return flush;

        async Task<double> MedianCommit(string waits)
        {
            await connection.ExecuteAsync($"SET synchronous_commit = {waits}");
            var times = new List<double>();
            for (var number = 0; number < Flushes; number++)
            {
                var started = Stopwatch.GetTimestamp();
                await connection.ExecuteAsync("INSERT INTO flushes VALUES (1)");
                times.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            }

            return times.Order().ElementAt(Flushes / 2);
        }
    }
}
