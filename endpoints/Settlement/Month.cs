using System.Globalization;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Settlement;

/// <summary>A month of the business calendar.</summary>
internal readonly record struct Month(DateOnly FirstDay)
{
    private const string Format = "yyyy-MM";

    /// <summary>The number of its days.</summary>
    public int Days => DateTime.DaysInMonth(FirstDay.Year, FirstDay.Month);

    public DateOnly LastDay => new(FirstDay.Year, FirstDay.Month, Days);

    /// <summary>The month of a day.</summary>
    public static Month Of(DateOnly date) => new(new DateOnly(date.Year, date.Month, 1));

    /// <summary>Reads a month from the URL; <paramref name="name"/> is the parameter that an error names.</summary>
    /// <exception cref="InvalidRequestException">It is not exactly <c>yyyy-MM</c>.</exception>
    public static Month Parse(string name, string text) =>
        DateOnly.TryParseExact(text, Format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var first)
            ? new Month(first)
            : throw new InvalidRequestException(name, "must be a month as yyyy-MM.");

    /// <summary>As <c>yyyy-MM</c>.</summary>
    public override string ToString() => FirstDay.ToString(Format, CultureInfo.InvariantCulture);
}
