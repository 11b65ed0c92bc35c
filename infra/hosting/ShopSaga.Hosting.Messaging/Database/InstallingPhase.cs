using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ShopSaga.Hosting.Database;

/// <summary>
/// While the service starts, the bus creates its tables with the role of <c>ConnectionStrings:Schema</c>, where one is set. Once started it
/// uses the role of <c>ConnectionStrings:Database</c>, which can read and write rows and nothing else
/// (docs/decisions/016-two-roles-for-a-database.md).
/// </summary>
internal sealed class InstallingPhase(IConfiguration configuration) : IHostedLifecycleService
{
    private readonly string _schema = SchemaRole.ConnectionString(configuration);
    private volatile NpgsqlDataSource? _database;
    private volatile bool _isOver;

    /// <summary>A connection of the role for the current phase.</summary>
    public NpgsqlConnection NewConnection() =>
        _isOver && _database is { } database ? database.CreateConnection() : new NpgsqlConnection(_schema);

    /// <summary>Sets the pool to use once started; the one of the requests, so that its health covers the messages.</summary>
    public void UseOnceStarted(NpgsqlDataSource database) => _database = database;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _isOver = true;
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
