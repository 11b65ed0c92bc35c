using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ShopSaga.Hosting.Monitoring;

/// <summary>A figure that only the database knows, such as the age of the oldest record of a kind.</summary>
/// <param name="Name">The metric's name, beginning with <c>shopsaga.</c></param>
/// <param name="Unit"><c>s</c> for seconds, otherwise the counted thing in braces.</param>
/// <param name="Description">What it is.</param>
/// <param name="Sql">Gives rows of a <c>double precision</c>, and of a text where there is a label.</param>
/// <param name="Label">The name of the label that tells rows apart.</param>
public sealed record DatabaseGauge(string Name, string Unit, string Description, string Sql, string? Label = null);

/// <summary>
/// Reads the gauges of a service every ten seconds, however often metrics are scraped. A gauge that cannot be read has no value meanwhile.
/// </summary>
internal sealed class DatabaseGauges : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private readonly IReadOnlyList<DatabaseGauge> _gauges;
    private readonly NpgsqlDataSource _database;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, Measurement<double>[]> _values = new(StringComparer.Ordinal);

    public DatabaseGauges(IEnumerable<DatabaseGauge> gauges, NpgsqlDataSource database, TimeProvider time, IMeterFactory meters)
    {
        (_gauges, _database, _time) = ([.. gauges], database, time);
        var meter = meters.Create("ShopSaga.Database");
        foreach (var gauge in _gauges)
        {
            meter.CreateObservableGauge(gauge.Name, () => _values.GetValueOrDefault(gauge.Name) ?? [], gauge.Unit, gauge.Description);
        }
    }

    /// <summary>Reads all gauges now.</summary>
    public async Task Read(CancellationToken cancellationToken)
    {
        foreach (var gauge in _gauges)
        {
            try
            {
                _values[gauge.Name] = await Read(gauge, cancellationToken);
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                // The health check says so.
                _values.TryRemove(gauge.Name, out _);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await Read(stoppingToken);
                await Task.Delay(Interval, _time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
    }

    private async Task<Measurement<double>[]> Read(DatabaseGauge gauge, CancellationToken cancellationToken)
    {
        await using var command = _database.CreateCommand(gauge.Sql);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var values = new List<Measurement<double>>();
        while (await rows.ReadAsync(cancellationToken))
        {
            KeyValuePair<string, object?>[] labels = gauge.Label is { } label ? [new(label, rows.GetString(1))] : [];
            values.Add(new Measurement<double>(rows.GetDouble(0), labels));
        }

        return [.. values];
    }
}

/// <summary>How a service adds gauges.</summary>
public static class DatabaseGaugeSetup
{
    /// <summary>Adds a gauge; the first also starts their reading.</summary>
    public static IServiceCollection AddDatabaseGauge(this IServiceCollection services, DatabaseGauge gauge)
    {
        if (!services.Any(service => service.ImplementationType == typeof(DatabaseGauges)))
        {
            services.AddHostedService<DatabaseGauges>();
        }

        return services.AddSingleton(gauge);
    }

    /// <summary>The endpoint's rows in its database: outbox records that have not left, and sagas.</summary>
    internal static void AddEndpointGauges(this IServiceCollection services, string endpoint)
    {
        var prefix = endpoint.Replace('.', '_');
        services
            .AddDatabaseGauge(new(
                "shopsaga.outbox.pending",
                "{record}",
                "Records of the outbox that have not been dispatched; at most 10000 are counted.",
                $"""SELECT count(*)::float8 FROM (SELECT FROM "{prefix}_OutboxData" WHERE NOT "Dispatched" LIMIT 10000) waiting"""))
            .AddDatabaseGauge(new(
                "shopsaga.outbox.oldest",
                "s",
                "Age of the oldest record of the outbox that has not been dispatched; 0 when there is none.",
                // A record has no time of its own, but the message that was added last does. OutboxAgeCustomCheck reads it in the same way.
                $"""
                 SELECT greatest(0, coalesce(extract(epoch FROM now() - to_timestamp(
                            left(min("Operations"->-1->'Headers'->>'NServiceBus.TimeSent'), 26) || ' +00',
                            'YYYY-MM-DD HH24:MI:SS:US TZH')), 0))::float8
                   FROM (SELECT "Operations" FROM "{prefix}_OutboxData" WHERE NOT "Dispatched" LIMIT 1000) waiting
                 """))
            .AddDatabaseGauge(new(
                "shopsaga.sagas",
                "{saga}",
                "Stored sagas, by the table that holds them; the saga of a payment stays for good.",
                $"""
                 SELECT (xpath('/row/sagas/text()',
                               query_to_xml(format('SELECT count(*) AS sagas FROM %I', relname), false, true, '')))[1]::text::float8,
                        relname::text
                   FROM pg_class
                  WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                    AND relname LIKE '{prefix}\_%' AND relname <> '{prefix}_OutboxData'
                 """,
                Label: "saga"));
    }
}
