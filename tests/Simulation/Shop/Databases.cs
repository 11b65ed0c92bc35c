using System.Collections.Concurrent;
using Dapper;
using Npgsql;

namespace ShopSaga.Tests.Simulation.Shop;

/// <summary>The databases of one shop. They are made once, and emptied between histories.</summary>
internal sealed class Databases : IAsyncDisposable
{
    public static readonly string[] Services = ["Users", "Products", "Orders", "Payments", "Settlement", "psp"];
    private readonly ConcurrentDictionary<string, Tables> _tables = [];
    private readonly Dictionary<string, NpgsqlDataSource> _sources = [];
    private readonly string _run = Guid.NewGuid().ToString("N")[..8];

    private static string Server => Environment.GetEnvironmentVariable("SHOPSAGA_POSTGRES")
        ?? throw new InvalidOperationException("SHOPSAGA_POSTGRES is not set: use the target Simulate, or the launcher's exec.");

    /// <summary>The names of all databases.</summary>
    public IReadOnlyList<string> Names => [.. Services.Select(NameOf)];

    public static async Task<Databases> Create()
    {
        var databases = new Databases();
        await using var server = new NpgsqlConnection(Server);
        foreach (var service in Services)
        {
            var name = databases.NameOf(service);
            await server.ExecuteAsync($"CREATE DATABASE {name}");
            // Nothing of PostgreSQL dies in a simulation, so no commit needs to wait for the disk. All tables are small, so plans that are
            // made once are good enough.
            await server.ExecuteAsync(
                $"ALTER DATABASE {name} SET synchronous_commit = off; ALTER DATABASE {name} SET plan_cache_mode = force_generic_plan");
            databases._sources.Add(service, NpgsqlDataSource.Create(
                new NpgsqlConnectionStringBuilder(databases.ConnectionString(service)) { MaxAutoPrepare = 100, NoResetOnClose = true }));
        }

        return databases;
    }

    public string ConnectionString(string service) =>
        new NpgsqlConnectionStringBuilder(Server) { Database = NameOf(service), MaxPoolSize = 20 }.ToString();

    public async Task<NpgsqlConnection> Open(string service) => await _sources[service].OpenConnectionAsync();

    public async Task<IReadOnlyList<T>> Query<T>(string service, string sql, object? parameters = null)
    {
        await using var connection = await Open(service);
        return [.. await connection.QueryAsync<T>(sql, parameters)];
    }

    public async Task Execute(string service, string sql, object? parameters = null)
    {
        await using var connection = await Open(service);
        await connection.ExecuteAsync(sql, parameters);
    }

    /// <summary>Deletes all rows, and lets all numbers begin at 1 again, so that a history does not depend on those before.</summary>
    public Task Empty() => Task.WhenAll(Services.Select(async service => await Execute(service, (await TablesOf(service)).Emptying)));

    /// <summary>Reclaims the space of deleted rows.</summary>
    public Task Vacuum() => Task.WhenAll(Services.Select(async service => await Execute(service, (await TablesOf(service)).Vacuuming)));

    private async Task<Tables> TablesOf(string service)
    {
        if (_tables.TryGetValue(service, out var known))
        {
            return known;
        }

        // Triggers that always fire would refuse to empty a ledger. Nothing is read after a crash of PostgreSQL, so that no table needs a
        // log; one can be without only when those that refer to it are.
        await Execute(
            service,
            """
            DO $$ DECLARE always record; of_log regclass; BEGIN
                FOR always IN SELECT tgrelid::regclass AS of_table, tgname AS name FROM pg_trigger WHERE tgenabled = 'A' LOOP
                    EXECUTE format('ALTER TABLE %s ENABLE TRIGGER %I', always.of_table, always.name);
                END LOOP;
                LOOP
                    FOR of_log IN
                        SELECT t.oid FROM pg_class t
                        WHERE t.relkind = 'r' AND t.relpersistence = 'p' AND t.relnamespace = 'public'::regnamespace AND NOT EXISTS (
                            SELECT FROM pg_constraint JOIN pg_class other ON other.oid = conrelid
                            WHERE confrelid = t.oid AND other.oid <> t.oid AND other.relpersistence = 'p')
                    LOOP
                        EXECUTE format('ALTER TABLE %s SET UNLOGGED', of_log);
                    END LOOP;
                    EXIT WHEN NOT FOUND;
                END LOOP;
            END $$
            """);
        var names = await Query<string>(
            service, "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_scripts'");
        var numbers = await Query<string>(
            service, "SELECT quote_literal(quote_ident(sequencename)) FROM pg_sequences WHERE schemaname = 'public'");
        string[] statements =
        [
            "SET session_replication_role = replica",
            .. names.Select(name => $"DELETE FROM {name}"),
            .. numbers.Select(number => $"SELECT setval({number}, 1, false)"),
            "SET session_replication_role = origin",
        ];
        var tables = new Tables(string.Join("; ", statements), $"VACUUM {string.Join(", ", names)}");
        _tables[service] = tables;
        return tables;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var source in _sources.Values)
        {
            await source.DisposeAsync();
        }

        await using var server = new NpgsqlConnection(Server);
        foreach (var service in Services)
        {
            await server.ExecuteAsync($"DROP DATABASE IF EXISTS {NameOf(service)} WITH (FORCE)");
        }
    }

    /// <summary>The name of a service's database.</summary>
    public string NameOf(string service) => $"simulated_{service}_{_run}".ToLowerInvariant();

    /// <param name="Emptying">The statements that empty the tables of a database.</param>
    /// <param name="Vacuuming">The one that reclaims their space.</param>
    private sealed record Tables(string Emptying, string Vacuuming);
}
