using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace ShopSaga.Hosting;

/// <summary>
/// Reads a setting from a file named by the setting with <c>_FILE</c> appended, such as <c>ConnectionStrings__Database_FILE</c>, so that
/// secrets mounted by container platforms stay out of the environment.
/// </summary>
internal static class SecretFiles
{
    private const string Suffix = "_FILE";

    /// <exception cref="InvalidOperationException">A file cannot be read, or the setting is also given directly; the message names
    /// it.</exception>
    public static void AddSecretFiles(this WebApplicationBuilder builder)
    {
        var settings = builder.Configuration.AsEnumerable()
            .Where(setting => setting.Key.Contains(':', StringComparison.Ordinal) && setting.Key.EndsWith(Suffix, StringComparison.Ordinal))
            .ToDictionary(setting => setting.Key[..^Suffix.Length], setting => setting.Value);
        foreach (var (key, file) in settings)
        {
            if (builder.Configuration[key] is not null)
            {
                throw new InvalidOperationException($"Configuration '{key}' is given twice, directly and as a file. Set one of the two.");
            }

            settings[key] = Read(key, file);
        }

        builder.Configuration.AddInMemoryCollection(settings);
    }

    private static string Read(string key, string? file)
    {
        try
        {
            return File.ReadAllText(file ?? "").TrimEnd('\r', '\n');
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InvalidOperationException($"The file '{file}' for configuration '{key}' cannot be read: {failure.Message}");
        }
    }
}
