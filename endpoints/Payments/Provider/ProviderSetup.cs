namespace ShopSaga.Payments.Provider;

internal static class ProviderSetup
{
    /// <summary>Registers <see cref="PaymentProvider"/> as configured under <c>Provider</c>.</summary>
    /// <exception cref="InvalidOperationException">A setting is missing or wrong; the message says what to set.</exception>
    public static void AddPaymentProvider(this WebApplicationBuilder builder)
    {
        var settings = ProviderSettings.From(builder.Configuration);
        builder.Services.AddSingleton(services => new PaymentProvider(
            settings.CreateClient(),
            settings.Timeout,
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<PaymentProvider>>()));
    }
}
