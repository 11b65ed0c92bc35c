namespace ShopSaga.Settlement.Closing;

/// <summary>When days are closed without anybody asking.</summary>
/// <param name="After">How long after the end of a day: what was paid in its last moments has that long to arrive.</param>
/// <param name="CheckEvery">How often is looked whether anything is to be done.</param>
/// <param name="CompareAgainAfter">When the books of a day that differed are compared again.</param>
internal sealed record ClosingTimes(TimeSpan After, TimeSpan CheckEvery, TimeSpan CompareAgainAfter)
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

    private static TimeSpan Read(IConfiguration configuration, string name, string byDefault, TimeSpan least, TimeSpan most)
    {
        var text = configuration[$"Settlement:{name}"] ?? byDefault;
        return TimeSpan.TryParse(text, out var time) && time >= least && time <= most
            ? time
            : throw new InvalidOperationException(
                $"Configuration 'Settlement:{name}' is '{text}'. Set Settlement__{name} to a time from {least} to {most}, such as {byDefault}.");
    }
}
