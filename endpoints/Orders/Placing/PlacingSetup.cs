namespace ShopSaga.Orders.Placing;

internal static class PlacingSetup
{
    /// <summary>Registers the services that place orders.</summary>
    /// <exception cref="InvalidOperationException">A limit is configured wrongly; the message says what to set.</exception>
    public static WebApplicationBuilder AddPlacing(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(new Admission(AdmissionPolicy.From(builder.Configuration)));
        builder.Services.AddHostedService<OpenOrdersMeasurement>();
        builder.Services.AddScoped<OrderPlacement>();
        builder.Services.AddSingleton<PlacementResponse>();
        builder.Services.AddHostedService<IdempotencyKeyCleanup>();
        return builder;
    }
}
