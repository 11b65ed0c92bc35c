using Dapper;
using Npgsql;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Text;

namespace ShopSaga.Users.Registering;

/// <summary>Opens the account of the first administrator at start, when <c>Admin:Email</c> and <c>Admin:Password</c> name one.</summary>
internal sealed class FirstAdmin(
    string email,
    string password,
    NpgsqlDataSource database,
    Passwords passwords,
    TimeProvider time,
    ILogger<FirstAdmin> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) =>
        DatabaseAtStart.WhenAvailable(Open, time, logger, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task Open(CancellationToken cancellationToken)
    {
        var key = EmailIdentity.Of(email);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var role = await connection.QuerySingleOrDefaultAsync<string>(
            "SELECT role FROM users WHERE email_key = @key",
            new { key });
        if (role == "customer")
        {
            // Anyone can register the address before the configuration names it: promoting that account would hand the shop to a stranger.
            logger.LogWarning(
                LogEvents.AdminAddressTaken, "Admin:Email is the address of a customer, who does not become an administrator");
        }
        else if (role is null)
        {
            var created = await connection.ExecuteAsync(
                """
                INSERT INTO users (email, email_key, password_hash, name, role, registered_at)
                VALUES (@email, @key, @hash, 'Administrator', 'admin', @now)
                ON CONFLICT DO NOTHING
                """,
                new { email, key, hash = passwords.Hash(password), now = time.GetUtcNow() });
            if (created == 1)
            {
                logger.LogInformation(LogEvents.AdminCreated, "Opened the account of the first administrator");
            }
        }
    }
}
