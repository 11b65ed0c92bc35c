using System.Security.Cryptography;
using System.Text;
using ShopSaga.Hosting;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Payments.Statements;

internal static class StatementRoutes
{
    /// <summary>Maps the route that Settlement reads. The gateway has no such route; callers send the key <c>Internal:Key</c>.</summary>
    public static void MapStatements(this WebApplication app)
    {
        var expected = Encoding.UTF8.GetBytes($"Bearer {app.Configuration.Required("Internal:Key")}");
        app.MapGet("/internal/statements/{date}", DailyStatement.Read).AddEndpointFilter((context, next) =>
        {
            var given = Encoding.UTF8.GetBytes(context.HttpContext.Request.Headers.Authorization.ToString());
            return CryptographicOperations.FixedTimeEquals(given, expected)
                ? next(context)
                : ValueTask.FromResult<object?>(Problems.Unauthenticated("Send the internal key as 'Authorization: Bearer KEY'."));
        });
    }
}
