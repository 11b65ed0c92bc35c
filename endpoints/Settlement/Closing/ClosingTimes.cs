using System.Globalization;

namespace ShopSaga.Settlement.Closing;

/// <summary>When the schedule closes and compares days.</summary>
/// <param name="CloseAfter">How long after its end a day is closed: events of its last moments have that long to arrive.</param>
/// <param name="CheckEvery">How often the schedule looks for work.</param>
/// <param name="CompareAgainAfter">How long after a comparison with differences the day is compared again.</param>
/// <param name="FirstDay">A day of the month in which the business began; null to take it from the ledger.</param>
internal sealed record ClosingTimes(TimeSpan CloseAfter, TimeSpan CheckEvery, TimeSpan CompareAgainAfter, DateOnly? FirstDay = null)
{
    /// <summary>
    /// Reads <c>Settlement:CloseAfter</c>, ten minutes by default, <c>Settlement:CheckEvery</c>, a minute,
    /// <c>Settlement:CompareAgainAfter</c>, an hour, and <c>Settlement:FirstDay</c>, none.
    /// </summary>
    /// <exception cref="InvalidOperationException">One of them is no time span or date, or out of range.</exception>
    public static ClosingTimes From(IConfiguration configuration) => new(
        Read(configuration, "CloseAfter", "00:10:00", TimeSpan.Zero, TimeSpan.FromHours(23)),
        Read(configuration, "CheckEvery", "00:01:00", TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)),
        Read(configuration, "CompareAgainAfter", "01:00:00", TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1)),
        ReadFirstDay(configuration));

    private static DateOnly? ReadFirstDay(IConfiguration configuration) => configuration["Settlement:FirstDay"] switch
    {
        null or "" => null,
        var text when DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) => day,
        var text => throw new InvalidOperationException(
            $"Configuration 'Settlement:FirstDay' is '{text}'. Set Settlement__FirstDay to a date such as 2026-01-31, or leave it out."),
    };

    private static TimeSpan Read(IConfiguration configuration, string name, string defaultValue, TimeSpan min, TimeSpan max)
    {
        var text = configuration[$"Settlement:{name}"] ?? defaultValue;
        return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) && time >= min && time <= max
            ? time
            : throw new InvalidOperationException(
                $"Configuration 'Settlement:{name}' is '{text}'. Set Settlement__{name} to a time from "
                + $"{min} to {max}, such as {defaultValue}.");
    }
}
