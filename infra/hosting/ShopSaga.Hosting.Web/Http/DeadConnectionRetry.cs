using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Hosting.Http;

/// <summary>
/// After a restart of the database the pool holds dead connections, which shows only when they are used; and after a failover, connections
/// to a server that is read-only now. A request that meets one clears the idle connections of the pool; a GET is then repeated on a new
/// connection. Without a database the answer is 503 as usual.
/// </summary>
internal static class DeadConnectionRetry
{
    public static void UseDeadConnectionRetry(this WebApplication app)
    {
        if (app.Services.GetService<NpgsqlDataSource>() is not { } database)
        {
            return;
        }

        // Each attempt uses up one dead connection, and the pool holds no more than this. Clearing it once is not enough: Npgsql keeps some
        // of the connections that other requests return meanwhile.
        var maxAttempts = new NpgsqlConnectionStringBuilder(database.ConnectionString).MaxPoolSize + 1;
        app.Use(async (context, next) =>
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    await next(context);
                    return;
                }
                catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction)
                {
                    database.Clear();
                    throw;
                }
                catch (Exception dead) when (IsDeadConnection(dead))
                {
                    database.Clear();
                    var isRead = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
                    if (attempt == maxAttempts || !isRead || context.Response.HasStarted)
                    {
                        throw;
                    }
                }
            }
        });
    }

    private static bool IsDeadConnection(Exception failure) =>
        failure is NpgsqlException { InnerException: IOException }
        || DatabaseFailure.LostProtocol(failure)
        || failure is PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown };
}
