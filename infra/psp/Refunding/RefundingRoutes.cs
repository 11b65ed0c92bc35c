namespace ShopSaga.Psp.Refunding;

internal static class RefundingRoutes
{
    public static void AddRefunding(this IServiceCollection services) => services
        .AddSingleton<CreateRefund>()
        .AddSingleton<FindRefunds>();

    public static void MapRefunding(this WebApplication app)
    {
        app.MapPost("/charges/{id:long}/refunds", (long id, RefundRequest request, IdempotencyKey key, CreateRefund refunds) =>
            refunds.Handle(id, request, key.Value));
        app.MapGet("/charges/{id:long}/refunds", (long id, FindRefunds refunds) => refunds.OfCharge(id));
        app.MapGet("/refunds", (HttpRequest request, FindRefunds refunds) => refunds.ByKey(IdempotencyKey.InQuery(request)));
        app.MapGet("/refunds/{id:long}", (long id, FindRefunds refunds) => refunds.ById(id));
    }
}
