using System.Data.Common;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ShopSaga.Hosting;

/// <summary>
/// In production (the environment when nothing says otherwise) no service starts with a secret of a development machine: one that
/// infra/local made up, which begins with <c>local-</c>, or one that servers come with.
/// </summary>
internal static class DevelopmentSecrets
{
    private const string Local = "local-";
    private static readonly string[] WellKnown = ["admin", "changeme", "guest", "password", "postgres", "rabbitmq", "secret", "shopsaga"];

    private static readonly (string Key, Func<string, string?> SecretIn)[] Secrets =
    [
        ("ConnectionStrings:Database", text => new NpgsqlConnectionStringBuilder(text).Password),
        ("ConnectionStrings:Schema", text => new NpgsqlConnectionStringBuilder(text).Password),
        ("ConnectionStrings:Broker", OfBroker),
        ("ConnectionStrings:Redis", text => text.Split(',').Select(part => part.Split('=', 2)).FirstOrDefault(part => part is ["password", _])?[1]),
        ("Admin:Password", text => text),
        ("Internal:Key", text => text),
        ("Payments:Key", text => text),
        ("Provider:ApiKey", text => text),
        ("Provider:WebhookSecret", text => text),
        ("Webhooks:Secret", text => text),
        ("Signing:EncryptionKey", FromBase64),
    ];

    /// <exception cref="InvalidOperationException">There is one; the message names the setting, and not the secret.</exception>
    public static void RefuseDevelopmentSecrets(this WebApplicationBuilder builder)
    {
        if (!builder.Environment.IsProduction())
        {
            return;
        }

        foreach (var (key, secretIn) in Secrets)
        {
            if (builder.Configuration[key] is { Length: > 0 } text && secretIn(text) is { } secret && IsOfDevelopment(secret))
            {
                throw new InvalidOperationException(
                    $"Configuration '{key}' holds a secret of a development machine, and this is production. "
                    + $"Set {key.Replace(":", "__", StringComparison.Ordinal)} (or the same with _FILE) to one of its own, or ASPNETCORE_ENVIRONMENT to Development.");
            }
        }
    }

    private static bool IsOfDevelopment(string secret) =>
        secret.StartsWith(Local, StringComparison.Ordinal)
        || WellKnown.Contains(secret, StringComparer.OrdinalIgnoreCase)
        || secret.Distinct().Count() == 1;

    /// <summary>Of an address, or of words such as <c>host=broker;password=…</c>. Whoever gives none comes as the guest.</summary>
    private static string OfBroker(string text)
    {
        const string guest = "guest";
        if (text.StartsWith("amqp", StringComparison.OrdinalIgnoreCase))
        {
            return Uri.TryCreate(text, UriKind.Absolute, out var address) && address.UserInfo.Split(':', 2) is [_, var password]
                ? Uri.UnescapeDataString(password)
                : guest;
        }

        return new DbConnectionStringBuilder { ConnectionString = text }.TryGetValue("password", out var given) ? (string)given : guest;
    }

    private static string? FromBase64(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? Encoding.Latin1.GetString(bytes, 0, length) : null;
    }
}
