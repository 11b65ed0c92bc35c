using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ShopSaga.Hosting.Http;

/// <summary>
/// After the database was restarted the pool holds connections that are dead, which shows only when they are used. The first request to find out
/// closes them all; if it only reads, it is answered on a new one. Whoever finds no database at all gets a 503 as usual.
/// </summary>
internal static class ReadingAgain
{
    private static readonly Lock clearing = new();

    public static void UseReadingAgain(this WebApplication app)
    {
        if (app.Services.GetService<NpgsqlDataSource>() is not { } database)
        {
            return;
        }

        app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
            }
            catch (NpgsqlException dead) when (WasCutOff(dead))
            {
                // The pool ignores whoever clears it while it is being cleared, and would still give out what is dead.
                lock (clearing)
                {
                    database.Clear();
                }

                if (!HttpMethods.IsGet(context.Request.Method) || context.Response.HasStarted)
                {
                    throw;
                }

                await next(context);
            }
        });
    }

    private static bool WasCutOff(NpgsqlException failure) =>
        failure.InnerException is IOException
        || failure is PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown };
}
