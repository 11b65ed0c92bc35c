using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ShopSaga.Hosting.Database;

/// <summary>
/// Until the service has started, tables may be made: by the role of <c>ConnectionStrings:Schema</c>, where one is set. From then on there is
/// only the role of <c>ConnectionStrings:Database</c>, which may read and write what the tables hold and nothing else.
/// </summary>
internal sealed class InstallingPhase(IConfiguration configuration) : IHostedLifecycleService
{
    private readonly string _database = configuration.Required("ConnectionStrings:Database");
    private readonly string _schema = SchemaRole.ConnectionString(configuration);
    private volatile bool _isOver;

    /// <summary>A connection of the role that may do what is to be done now.</summary>
    public NpgsqlConnection NewConnection() => new(_isOver ? _database : _schema);

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
