using Dapper;
using Npgsql;

namespace ShopSaga.Tests.Simulation.Shop;

/// <summary>The databases of one shop. They are made once, and emptied between histories.</summary>
internal sealed class Databases : IAsyncDisposable
{
    public static readonly string[] Services = ["Users", "Products", "Orders", "Payments", "Settlement", "psp"];
    private readonly Dictionary<string, string> _emptying = [];
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
            // Nothing of PostgreSQL dies in a simulation, so no commit needs to wait for the disk.
            await server.ExecuteAsync($"ALTER DATABASE {name} SET synchronous_commit = off");
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
    public Task Empty() => Task.WhenAll(Services.Select(async service =>
    {
        if (!_emptying.TryGetValue(service, out var sql))
        {
            // Triggers that always fire would refuse to empty a ledger.
            await Execute(
                service,
                """
                DO $$ DECLARE always record; BEGIN
                    FOR always IN SELECT tgrelid::regclass AS of_table, tgname AS name FROM pg_trigger WHERE tgenabled = 'A' LOOP
                        EXECUTE format('ALTER TABLE %s ENABLE TRIGGER %I', always.of_table, always.name);
                    END LOOP;
                END $$
                """);
            var statements = await Query<string>(
                service,
                """
                SELECT format('DELETE FROM %I', tablename) FROM pg_tables
                WHERE schemaname = 'public' AND tablename <> 'schema_scripts'
                UNION ALL
                SELECT format('SELECT setval(%L, 1, false)', quote_ident(sequencename)) FROM pg_sequences WHERE schemaname = 'public'
                """);
            sql = $"SET session_replication_role = replica; {string.Join("; ", statements)}; SET session_replication_role = origin";
            lock (_emptying)
            {
                _emptying[service] = sql;
            }
        }

        await Execute(service, sql);
    }));

    /// <summary>Reclaims the space of deleted rows.</summary>
    public Task Vacuum() => Task.WhenAll(Services.Select(service => Execute(service, "VACUUM")));

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
}
