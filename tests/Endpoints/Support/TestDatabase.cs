using System.Reflection;
using Dapper;
using Npgsql;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Tests.Endpoints.Support;

/// <summary>
/// A database of its own with the schema of one service, for tests of its handlers without the service. Gone when disposed.
/// </summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly string _name;

    private TestDatabase(string name, NpgsqlDataSource source) => (_name, Source) = (name, source);

    public NpgsqlDataSource Source { get; }

    public static async Task<TestDatabase> Create(Assembly service)
    {
        DapperTypes.Register();
        var name = $"test_{service.GetName().Name!.Split('.')[^1]}_{Guid.NewGuid():N}".ToLowerInvariant();
        var source = NpgsqlDataSource.Create(await TestServers.CreateDatabase(name) + ";Options=-c synchronous_commit=off");
        await using var connection = await source.OpenConnectionAsync();
        foreach (var (_, script) in SchemaScripts.Read(service))
        {
            await connection.ExecuteAsync(script);
        }

        return new TestDatabase(name, source);
    }

    public async Task<T> QuerySingle<T>(string sql, object? parameters = null)
    {
        await using var connection = await Source.OpenConnectionAsync();
        return await connection.QuerySingleAsync<T>(sql, parameters);
    }

    public async Task<IReadOnlyList<T>> Query<T>(string sql, object? parameters = null)
    {
        await using var connection = await Source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<T>(sql, parameters)];
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await TestServers.DropDatabase(_name);
    }
}
