using System.Globalization;
using ShopSaga.Hosting;

namespace ShopSaga.Gateway.Limiting;

/// <summary>A number of requests in a second or a minute, written <c>100/s</c> or <c>10/m</c>.</summary>
internal sealed record Quota(int Requests, TimeSpan Window)
{
    private const int MaxRequests = 1_000_000_000;

    /// <exception cref="InvalidOperationException">The setting is not a quota.</exception>
    public static Quota From(IConfiguration configuration, string key, string byDefault)
    {
        var text = configuration[key] ?? byDefault;
        return text.Split('/') is [var requests, "s" or "m"]
            && int.TryParse(requests, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= MaxRequests
                ? new Quota(number, text.EndsWith('s') ? TimeSpan.FromSeconds(1) : TimeSpan.FromMinutes(1))
                : throw new InvalidOperationException(
                    $"Configuration '{key}' is '{text}', which is not a number of requests in a second or a minute such as {byDefault}. "
                    + $"Set {Settings.Variable(key)}.");
    }
}
