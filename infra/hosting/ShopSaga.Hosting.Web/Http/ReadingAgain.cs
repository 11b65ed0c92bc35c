using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ShopSaga.Hosting.Http;

/// <summary>
/// After the database was restarted the pool holds connections that are dead, which shows only when they are used. A request that finds out has
/// those that lie idle closed; if it only reads, it is answered on a new one. Whoever finds no database at all gets a 503 as usual.
/// </summary>
internal static class ReadingAgain
{
    public static void UseReadingAgain(this WebApplication app)
    {
        if (app.Services.GetService<NpgsqlDataSource>() is not { } database)
        {
            return;
        }

        // Each attempt uses up a dead connection, and there cannot be more of them than the pool holds. Closing them all, before, is not enough:
        // while others give theirs back, Npgsql leaves some where they are.
        var mostAttempts = new NpgsqlConnectionStringBuilder(database.ConnectionString).MaxPoolSize + 1;
        app.Use(async (context, next) =>
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    await next(context);
                    return;
                }
                catch (NpgsqlException dead) when (WasCutOff(dead))
                {
                    database.Clear();
                    if (attempt == mostAttempts || !HttpMethods.IsGet(context.Request.Method) || context.Response.HasStarted)
                    {
                        throw;
                    }
                }
            }
        });
    }

    private static bool WasCutOff(NpgsqlException failure) =>
        failure.InnerException is IOException
        || failure is PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown };
}
