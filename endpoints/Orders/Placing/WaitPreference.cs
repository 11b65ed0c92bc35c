using System.Globalization;

namespace ShopSaga.Orders.Placing;

/// <summary>
/// How long a client prefers to wait for the outcome of its request: <c>Prefer: wait=N</c>, in seconds (RFC 7240, sections 2 and 4.3).
/// </summary>
internal static class WaitPreference
{
    private const int MaxSeconds = 30;

    /// <summary>The seconds, 1 to 30, or null. A preference that is not understood is ignored (RFC 7240, section 2).</summary>
    public static int? Of(string? prefer)
    {
        // .NET has no typed Prefer header. Expect has the same grammar.
        using var request = new HttpRequestMessage();
        if (prefer is null || !request.Headers.Expect.TryParseAdd(prefer))
        {
            return null;
        }

        // RFC 7240, section 2: of several, the first one counts.
        var wait = request.Headers.Expect.FirstOrDefault(preference => preference.Name.Equals("wait", StringComparison.OrdinalIgnoreCase));
        var value = wait?.Value?.Trim('"');
        if (string.IsNullOrEmpty(value) || !value.All(char.IsAsciiDigit) || value.All(digit => digit == '0'))
        {
            return null;
        }

        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? Math.Min(seconds, MaxSeconds)
            : MaxSeconds;
    }
}
