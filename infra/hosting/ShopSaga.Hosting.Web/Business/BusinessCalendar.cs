using Microsoft.Extensions.Configuration;

namespace ShopSaga.Hosting.Business;

/// <summary>Turns instants into business dates. The zone is configuration <c>Business:TimeZone</c>, Asia/Seoul by default.</summary>
public sealed class BusinessCalendar
{
    private readonly TimeProvider _time;

    /// <exception cref="InvalidOperationException">The configured zone does not exist.</exception>
    public BusinessCalendar(IConfiguration configuration, TimeProvider time)
    {
        var name = configuration["Business:TimeZone"] ?? "Asia/Seoul";
        Zone = TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone)
            ? zone
            : throw new InvalidOperationException(
                $"Configuration 'Business:TimeZone' is '{name}', which is not a time zone. Set Business__TimeZone to one such as "
                    + "Asia/Seoul.");
        _time = time;
    }

    /// <summary>The time zone of the business.</summary>
    public TimeZoneInfo Zone { get; }

    /// <summary>Today in the time zone of the business.</summary>
    public DateOnly Today => DateOf(_time.GetUtcNow());

    /// <summary>The business date of an instant.</summary>
    public DateOnly DateOf(DateTimeOffset instant) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, Zone).DateTime);

    /// <summary>
    /// The instants of a business date, from the first (inclusive) until the second (exclusive), clamped to the range of <see
    /// cref="DateTimeOffset"/>.
    /// </summary>
    public (DateTimeOffset From, DateTimeOffset Until) InstantsOf(DateOnly date) =>
        (Midnight(date), date == DateOnly.MaxValue ? DateTimeOffset.MaxValue : Midnight(date.AddDays(1)));

    private DateTimeOffset Midnight(DateOnly date)
    {
        var local = date.ToDateTime(TimeOnly.MinValue);
        var offset = Zone.IsAmbiguousTime(local) ? Zone.GetAmbiguousTimeOffsets(local).Max() : Zone.GetUtcOffset(local);
        return new DateTimeOffset(Math.Clamp(local.Ticks - offset.Ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks), TimeSpan.Zero);
    }
}
