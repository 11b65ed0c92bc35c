using System.Globalization;

namespace ShopSaga.Settlement.Closing;

/// <summary>When the schedule closes and compares days.</summary>
/// <param name="CloseAfter">How long after its end a day is closed: events of its last moments have that long to arrive.</param>
/// <param name="CheckEvery">How often the schedule looks for work.</param>
/// <param name="CompareAgainAfter">How long after a comparison with differences the day is compared again.</param>
internal sealed record ClosingTimes(TimeSpan CloseAfter, TimeSpan CheckEvery, TimeSpan CompareAgainAfter)
{
    /// <summary>
    /// Reads <c>Settlement:CloseAfter</c>, ten minutes by default, <c>Settlement:CheckEvery</c>, a minute, and
    /// <c>Settlement:CompareAgainAfter</c>, an hour.
    /// </summary>
    /// <exception cref="InvalidOperationException">One of them is not a time span, or out of range.</exception>
    public static ClosingTimes From(IConfiguration configuration) => new(
        Read(configuration, "CloseAfter", "00:10:00", TimeSpan.Zero, TimeSpan.FromHours(23)),
        Read(configuration, "CheckEvery", "00:01:00", TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)),
        Read(configuration, "CompareAgainAfter", "01:00:00", TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1)));

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
