using System.Globalization;

namespace ShopSaga.Orders.Placing;

/// <summary>
/// How long a client prefers to wait for the outcome of what it asks for: <c>Prefer: wait=N</c>, in seconds (RFC 7240, sections 2 and 4.3).
/// </summary>
internal static class WaitPreference
{
    private const int MostSeconds = 30;

    /// <summary>The seconds, 1 to 30, or null. What cannot be understood is ignored, as the RFC wants it (section 2).</summary>
    public static int? Of(string? prefer)
    {
        // The library has no header of its own for it; Expect is written by the same rules.
        using var request = new HttpRequestMessage();
        if (prefer is null || !request.Headers.Expect.TryParseAdd(prefer))
        {
            return null;
        }

        // The first one counts when there are several.
        var value = request.Headers.Expect.FirstOrDefault(preference => preference.Name.Equals("wait", StringComparison.OrdinalIgnoreCase))?.Value?.Trim('"');
        if (string.IsNullOrEmpty(value) || !value.All(char.IsAsciiDigit) || value.All(digit => digit == '0'))
        {
            return null;
        }

        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? Math.Min(seconds, MostSeconds) : MostSeconds;
    }
}
