using ShopSaga.Hosting.Authentication;

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
    }
}
