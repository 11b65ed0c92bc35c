using System.Globalization;
using ShopSaga.Hosting;

namespace ShopSaga.Settlement.Closing;

/// <summary>When the schedule closes and compares days.</summary>
/// <param name="CloseAfter">How long after its end a day is closed: events of its last moments have that long to arrive.</param>
/// <param name="CheckEvery">How often the schedule looks for work.</param>
/// <param name="CompareAgainAfter">How long after a comparison with differences the day is compared again.</param>
/// <param name="FirstDay">A day of the month in which the business began; null to take it from the ledger.</param>
internal sealed record ClosingTimes(TimeSpan CloseAfter, TimeSpan CheckEvery, TimeSpan CompareAgainAfter, DateOnly? FirstDay = null)
{
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Reads <c>Settlement:CloseAfter</c>, ten minutes by default, <c>Settlement:CheckEvery</c>, a minute,
    /// <c>Settlement:CompareAgainAfter</c>, an hour, and <c>Settlement:FirstDay</c>, none.
    /// </summary>
    /// <exception cref="InvalidOperationException">One of them is no time span or date, or out of range.</exception>
    public static ClosingTimes From(IConfiguration configuration) => new(
        configuration.Time("Settlement:CloseAfter", TimeSpan.FromMinutes(10), min: TimeSpan.Zero, max: TimeSpan.FromHours(23)),
        configuration.Time("Settlement:CheckEvery", TimeSpan.FromMinutes(1), min: MinPause, max: TimeSpan.FromHours(1)),
        configuration.Time("Settlement:CompareAgainAfter", TimeSpan.FromHours(1), min: MinPause, max: TimeSpan.FromDays(1)),
        ReadFirstDay(configuration));

    private static DateOnly? ReadFirstDay(IConfiguration configuration) => configuration["Settlement:FirstDay"] switch
    {
        null or "" => null,
        var text when DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) => day,
        var text => throw new InvalidOperationException(
            $"Configuration 'Settlement:FirstDay' is '{text}'. Set Settlement__FirstDay to a date such as 2026-01-31, or leave it out."),
    };
}
