using System.Text;
using ShopSaga.Local.Layout;

namespace ShopSaga.Local.Running;

/// <summary>The secrets among a service's settings, besides the passwords in its connection strings.</summary>
internal static class ServiceSecrets
{
    /// <summary>By setting. Services that share a secret ask for it by one name.</summary>
    /// <param name="service">The service.</param>
    /// <param name="secret">The secret of a name: at least 32 ASCII letters, digits and hyphens.</param>
    public static Dictionary<string, string> Of(Service service, Func<string, string> secret) => service.Name switch
    {
        "Users" => new() { ["Signing__EncryptionKey"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(secret("signing"))[..32]) },
        "psp" => new() { ["Provider__ApiKey"] = secret("provider"), ["Webhooks__Secret"] = secret("provider-webhooks") },
        "Payments" => new()
        {
            ["Provider__ApiKey"] = secret("provider"),
            ["Provider__WebhookSecret"] = secret("provider-webhooks"),
            ["Internal__Key"] = secret("internal"),
        },
        "Settlement" => new() { ["Provider__ApiKey"] = secret("provider"), ["Payments__Key"] = secret("internal") },
        "Web" => new() { ["Sessions__Key"] = secret("web-sessions"), ["Gateway__Key"] = secret("web-gateway") },
        "gateway" => new() { ["Web__Key"] = secret("web-gateway") },
        _ => [],
    };
}
