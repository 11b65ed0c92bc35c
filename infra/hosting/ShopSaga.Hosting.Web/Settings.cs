using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace ShopSaga.Hosting;

/// <summary>Reads settings, and refuses wrong values with a message that says what to write.</summary>
public static class Settings
{
    /// <summary>The value of <paramref name="key"/>.</summary>
    /// <exception cref="InvalidOperationException">The setting is missing; the message names the environment variable.</exception>
    public static string Required(this IConfiguration configuration, string key) =>
        configuration[key] is { Length: > 0 } value
            ? value
            : throw new InvalidOperationException(
                $"Configuration '{key}' is missing. Set the environment variable {Variable(key)}.");

    /// <summary>The value of <paramref name="key"/> as a base address, with a trailing slash.</summary>
    /// <exception cref="InvalidOperationException">The setting is missing; the message names the environment variable.</exception>
    public static Uri RequiredAddress(this IConfiguration configuration, string key) =>
        Uri.TryCreate(configuration.Required(key), UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? new Uri(address.AbsoluteUri.TrimEnd('/') + "/")
            : throw new InvalidOperationException(
                $"Configuration '{key}' is '{configuration[key]}'. Set {Variable(key)} to an address such as http://127.0.0.1:8080.");

    /// <summary>The comma-separated addresses in <paramref name="key"/>, at least one: of the instances of a service.</summary>
    /// <exception cref="InvalidOperationException">The setting is missing, or one is no address; the message says what to set.</exception>
    public static Uri[] RequiredAddresses(this IConfiguration configuration, string key)
    {
        configuration.Required(key);
        return configuration.Addresses(key);
    }

    /// <summary>The comma-separated addresses in <paramref name="key"/>; empty when it is not set.</summary>
    /// <exception cref="InvalidOperationException">One is no address; the message says what to set.</exception>
    public static Uri[] Addresses(this IConfiguration configuration, string key) =>
    [
        .. configuration.List(key).Select(text =>
            Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
                ? address
                : throw new InvalidOperationException(
                    $"Configuration '{key}' names '{text}', which is not an address such as http://127.0.0.1:8081. "
                    + $"Set {Variable(key)}, with commas between the instances of a service.")),
    ];

    /// <summary>The comma-separated values of <paramref name="key"/>; empty when it is not set.</summary>
    public static string[] List(this IConfiguration configuration, string key) =>
        configuration[key]?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>The whole number in <paramref name="key"/>, or <paramref name="byDefault"/>.</summary>
    /// <exception cref="InvalidOperationException">It is not a whole number, or out of range; the message says what to set.</exception>
    public static int Number(this IConfiguration configuration, string key, int byDefault, int min, int max = int.MaxValue) =>
        configuration[key] is not { } text ? byDefault
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max ? number
        : throw new InvalidOperationException(
            $"Configuration '{key}' is '{text}'. Set {Variable(key)} to a whole number from {min}"
            + (max < int.MaxValue ? $" to {max}" : "") + $", such as {byDefault}.");

    /// <summary>The time in <paramref name="key"/>, or <paramref name="byDefault"/>.</summary>
    /// <exception cref="InvalidOperationException">It is no time between the limits; the message says what to set.</exception>
    public static TimeSpan Time(this IConfiguration configuration, string key, TimeSpan byDefault, TimeSpan min, TimeSpan max) =>
        configuration[key] is not { } text ? byDefault
        : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) && time >= min && time <= max ? time
        : throw new InvalidOperationException(
            $"Configuration '{key}' is '{text}'. Set {Variable(key)} to a time from {min:c} to {max:c}, such as {byDefault:c}.");

    /// <summary>The environment variable that sets <paramref name="key"/>.</summary>
    public static string Variable(string key) => key.Replace(":", "__", StringComparison.Ordinal);
}
