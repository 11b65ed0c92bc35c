using Microsoft.Extensions.Configuration;

namespace ShopSaga.Hosting;

/// <summary>Configuration that a service cannot start without.</summary>
public static class Settings
{
    /// <summary>The value of <paramref name="key"/>.</summary>
    /// <exception cref="InvalidOperationException">There is none; the message says which environment variable to set.</exception>
    public static string Required(this IConfiguration configuration, string key) =>
        configuration[key] is { Length: > 0 } value
            ? value
            : throw new InvalidOperationException(
                $"Configuration '{key}' is missing. Set the environment variable {key.Replace(":", "__", StringComparison.Ordinal)}.");
}
