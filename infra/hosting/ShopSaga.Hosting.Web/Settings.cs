using Microsoft.Extensions.Configuration;

namespace ShopSaga.Hosting;

/// <summary>Reads required settings and lists.</summary>
public static class Settings
{
    /// <summary>The value of <paramref name="key"/>.</summary>
    /// <exception cref="InvalidOperationException">The setting is missing; the message names the environment variable.</exception>
    public static string Required(this IConfiguration configuration, string key) =>
        configuration[key] is { Length: > 0 } value
            ? value
            : throw new InvalidOperationException(
                $"Configuration '{key}' is missing. Set the environment variable {key.Replace(":", "__", StringComparison.Ordinal)}.");

    /// <summary>The value of <paramref name="key"/> as a base address, with a trailing slash.</summary>
    /// <exception cref="InvalidOperationException">The setting is missing; the message names the environment variable.</exception>
    public static Uri RequiredAddress(this IConfiguration configuration, string key) =>
        Uri.TryCreate(configuration.Required(key), UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? new Uri(address.AbsoluteUri.TrimEnd('/') + "/")
            : throw new InvalidOperationException(
                $"Configuration '{key}' is '{configuration[key]}'. Set {key.Replace(":", "__", StringComparison.Ordinal)} to an address "
                    + "such as http://127.0.0.1:8080.");

    /// <summary>The comma-separated values of <paramref name="key"/>; empty when it is not set.</summary>
    public static string[] List(this IConfiguration configuration, string key) =>
        configuration[key]?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
}
