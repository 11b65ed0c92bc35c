using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ShopSaga.Bus;

/// <summary>
/// Times in headers: UTC, <c>2026-08-21 13:01:02:004512 Z</c>, exactly 27 characters, with a colon before the microseconds.
/// </summary>
internal static class WireTime
{
    private const string Format = "yyyy-MM-dd HH:mm:ss:ffffff Z";

    public static string ToWire(DateTimeOffset time) => time.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);

    public static bool TryParse([NotNullWhen(true)] string? text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);

    public static DateTimeOffset Parse(string text) =>
        TryParse(text, out var time) ? time : throw new FormatException($"'{text}' is not a time of the form {Format}.");
}
