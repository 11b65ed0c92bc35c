using Dapper;
using Npgsql;
using ShopSaga.Local.Running;
using ShopSaga.Local.Verifying;

namespace ShopSaga.Chaos.Faults;

/// <summary>The server accepts no writes, as after a failover to a replica.</summary>
internal sealed record DatabaseReadOnly(Machine Machine) : Fault("read-only database", LocalStack.PostgreSql)
{
    public override Task Begin(CancellationToken cancellationToken) => Set("on");

    public override Task End(CancellationToken cancellationToken) => Set("off");

    private async Task Set(string value)
    {
        var exempt = new NpgsqlConnectionStringBuilder(Machine.Database)
        {
            Pooling = false,
            Options = "-c default_transaction_read_only=off",
        };
        await using var connection = new NpgsqlConnection(exempt.ConnectionString);
        await connection.ExecuteAsync($"ALTER SYSTEM SET default_transaction_read_only = {value}");
        await connection.ExecuteAsync("SELECT pg_reload_conf()");
    }
}

/// <summary>The server ends all connections of one database.</summary>
internal sealed record ConnectionsTerminated(Machine Machine, string Database) : Fault("terminate connections", Database)
{
    public override string Part => LocalStack.PostgreSql;

    public override async Task Begin(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(Machine.Database) { Pooling = false }.ConnectionString);
        await connection.ExecuteAsync(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = @Database", new { Database });
    }

    public override Task End(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>
/// A session keeps rows locked that the services write to. It takes those that are free at the moment: so it waits for no service, and
/// cannot be the victim of a deadlock with one.
/// </summary>
internal sealed record RowsLocked(Machine Machine, string Service, string Rows) : Fault($"lock rows of {Service}", Rows.Split(' ')[0])
{
    private NpgsqlConnection? _holder;

    public override string Part => LocalStack.PostgreSql;

    public override async Task Begin(CancellationToken cancellationToken)
    {
        _holder = await SystemState.Open(Machine.Database, Service, cancellationToken);
        await _holder.ExecuteAsync($"BEGIN; SELECT 1 FROM {Rows} FOR UPDATE SKIP LOCKED");
    }

    public override async Task End(CancellationToken cancellationToken) => await _holder!.DisposeAsync();
}

/// <summary>PostgreSQL's disk is full. It may end by that, and is started again once there is room.</summary>
internal sealed record DiskFull(Machine Machine) : Fault("full disk", LocalStack.PostgreSql)
{
    public override Task Begin(CancellationToken cancellationToken) => Machine.FillDisk();

    public override async Task End(CancellationToken cancellationToken)
    {
        Machine.FreeDisk();
        if (!Machine.IsRunning(LocalStack.PostgreSql))
        {
            await Machine.Start(LocalStack.PostgreSql, cancellationToken);
        }
    }
}
