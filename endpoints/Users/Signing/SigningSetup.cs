using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Monitoring;

namespace ShopSaga.Users.Signing;

internal static class SigningSetup
{
    public static void AddSigning(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(new KeyProtection(builder.Configuration));
        builder.Services.AddSingleton<TokenSigner>();
        builder.Services.AddSingleton<PublicKeys>();
        builder.Services.AddSingleton<JwksSource>(services => services.GetRequiredService<PublicKeys>().Read);
        builder.Services.AddHostedService<KeyRotation>();
        builder.Services.AddDatabaseGauge(SigningKeyAge.Gauge);
    }
}
