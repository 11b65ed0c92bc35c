using ShopSaga.Hosting.Http;

namespace ShopSaga.Psp.Statements;

internal static class StatementRoutes
{
    public static void AddStatements(this IServiceCollection services) => services
        .AddSingleton<DailyStatement>()
        .AddSingleton<BookTotals>();

    public static void MapStatements(this WebApplication app)
    {
        app.MapGet("/statements/{date}", (string date, DailyStatement statements) => statements.Of(Query.Date("date", date)));
        app.MapGet("/totals", (BookTotals totals) => totals.Read());
    }
}
