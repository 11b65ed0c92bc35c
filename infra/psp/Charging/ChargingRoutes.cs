namespace ShopSaga.Psp.Charging;

internal static class ChargingRoutes
{
    public static void AddCharging(this IServiceCollection services) => services
        .AddSingleton<CreateCharge>()
        .AddSingleton<VoidCharge>()
        .AddSingleton<FindCharges>();

    public static void MapCharging(this WebApplication app)
    {
        app.MapPost("/charges", (ChargeRequest request, IdempotencyKey key, CreateCharge charges, HttpContext http) =>
            charges.Handle(request, key.Value, http));
        app.MapPost("/charges/void", (IdempotencyKey key, VoidCharge charges) => charges.Handle(key.Value));
        app.MapGet("/charges", (HttpRequest request, FindCharges charges) => charges.ByKey(IdempotencyKey.InQuery(request)));
        app.MapGet("/charges/{id:long}", (long id, FindCharges charges) => charges.ById(id));
    }
}
