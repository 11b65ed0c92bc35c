using Dapper;
using Npgsql;
using ShopSaga.Hosting;

namespace ShopSaga.Users.Registering;

/// <summary>At the start: opens the account of the first administrator, when <c>Admin:Email</c> and <c>Admin:Password</c> name one.</summary>
internal sealed class FirstAdmin(
    string email,
    string password,
    NpgsqlDataSource database,
    Passwords passwords,
    TimeProvider time,
    ILogger<FirstAdmin> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var role = await connection.QuerySingleOrDefaultAsync<string>("SELECT role FROM users WHERE lower(email) = lower(@email)", new { email });
        if (role == "customer")
        {
            // Whoever holds this account need not be the one who wrote the configuration.
            logger.LogWarning(LogEvents.AdminAddressTaken, "Admin:Email is the address of a customer, who does not become an administrator");
        }
        else if (role is null)
        {
            var created = await connection.ExecuteAsync(
                """
                INSERT INTO users (email, password_hash, name, role, registered_at) VALUES (@email, @hash, 'Administrator', 'admin', @now)
                ON CONFLICT (lower(email)) DO NOTHING
                """,
                new { email, hash = passwords.Hash(password), now = time.GetUtcNow() });
            if (created == 1)
            {
                logger.LogInformation(LogEvents.AdminCreated, "Opened the account of the first administrator");
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

internal static class FirstAdminSetup
{
    public static void AddFirstAdmin(this WebApplicationBuilder builder)
    {
        if (builder.Configuration["Admin:Email"] is not { Length: > 0 } email)
        {
            return;
        }

        var password = builder.Configuration.Required("Admin:Password");
        if (password.Length is < Passwords.Shortest or > Passwords.Longest)
        {
            throw new InvalidOperationException(
                $"Configuration 'Admin:Password' must have {Passwords.Shortest} to {Passwords.Longest} characters. Set Admin__Password.");
        }

        builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<FirstAdmin>(services, email, password));
    }
}
