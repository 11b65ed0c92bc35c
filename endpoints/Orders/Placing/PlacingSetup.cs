namespace ShopSaga.Orders.Placing;

internal static class PlacingSetup
{
    public static WebApplicationBuilder AddPlacing(this WebApplicationBuilder builder)
    {
        builder.Services.AddScoped<OrderPlacement>();
        builder.Services.AddSingleton<PlacementResponse>();
        builder.Services.AddHostedService<IdempotencyKeyCleanup>();
        return builder;
    }
}
