using Dapper;
using Npgsql;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Text;

namespace ShopSaga.Users;

/// <summary>
/// Gives accounts without a key the key of their address (<see cref="EmailIdentity"/>) before the service starts: those from before there
/// were keys, and those registered by the previous version while it ran beside this one.
/// </summary>
internal sealed class EmailKeyBackfill(NpgsqlDataSource database, TimeProvider time, ILogger<EmailKeyBackfill> logger) : IHostedService
{
    private const int BatchSize = 1000;

    public Task StartAsync(CancellationToken cancellationToken) =>
        DatabaseAtStart.WhenAvailable(FillAll, time, logger, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task FillAll(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        for (var last = 0L; await ReadBatch(connection, last, cancellationToken) is [_, ..] batch; last = batch[^1].Id)
        {
            foreach (var (id, email) in batch)
            {
                await Fill(connection, id, email, cancellationToken);
            }
        }
    }

    private static async Task<List<(long Id, string Email)>> ReadBatch(
        NpgsqlConnection connection, long last, CancellationToken cancellationToken) =>
        (await connection.QueryAsync<(long, string)>(new CommandDefinition(
            "SELECT id, email FROM users WHERE email_key IS NULL AND id > @last ORDER BY id LIMIT @BatchSize",
            new { last, BatchSize },
            cancellationToken: cancellationToken))).AsList();

    private async Task Fill(NpgsqlConnection connection, long id, string email, CancellationToken cancellationToken)
    {
        try
        {
            await connection.ExecuteAsync(new CommandDefinition(
                "UPDATE users SET email_key = @key WHERE id = @id AND email_key IS NULL",
                new { id, key = EmailIdentity.Of(email) },
                cancellationToken: cancellationToken));
        }
        catch (PostgresException failure) when (failure.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            logger.LogWarning(
                LogEvents.EmailTaken,
                "User {UserId} has the address of an older account in another spelling, and can log in only with exactly this spelling",
                id);
        }
    }
}
