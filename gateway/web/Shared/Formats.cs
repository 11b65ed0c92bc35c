using System.Globalization;

namespace ShopSaga.Web.Shared;

/// <summary>
/// Money, dates and times as English and Korean write them, in the shop's time. The process runs without ICU, whose tables cost more
/// memory than the rest of these pages.
/// </summary>
internal static class Formats
{
    /// <summary>The time zone of the business, as configured; set before the first page is rendered.</summary>
    public static TimeZoneInfo Shop { get; set; } = TimeZoneInfo.Utc;

    /// <summary>en or ko. Without ICU, cultures know their name and little else.</summary>
    public static string Language => CultureInfo.CurrentUICulture.Name is "ko" ? "ko" : "en";

    private static bool IsKorean => Language == "ko";

    /// <summary>₩12,000 or 12,000원.</summary>
    public static string Won(long amount) => IsKorean
        ? Number(amount) + "원"
        : (amount < 0 ? "−₩" : "₩") + Number(Math.Abs(amount));

    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>30 Nov 2026, 10:05 or 2026년 11월 30일 10:05.</summary>
    public static string Moment(DateTimeOffset moment) => Text(moment, "d MMM yyyy, HH:mm", "yyyy'년' M'월' d'일' HH:mm");

    /// <summary>10:05:03.250.</summary>
    public static string Clock(DateTimeOffset moment) => Text(moment, "HH:mm:ss.fff", "HH:mm:ss.fff");

    public static string Date(DateOnly date) => date.ToString(IsKorean ? "yyyy'년' M'월' d'일'" : "d MMM yyyy", CultureInfo.InvariantCulture);

    /// <summary>2026-11-30, as addresses and fields want it.</summary>
    public static string Iso(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>Today in the shop.</summary>
    public static DateOnly Today(TimeProvider time) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(time.GetUtcNow(), Shop).DateTime);

    /// <summary>+ 35 ms, + 1.2 s or + 2 min.</summary>
    public static string Elapsed(TimeSpan span) => "+ " + (span switch
    {
        { TotalMilliseconds: < 1000 } => FormattableString.Invariant($"{span.TotalMilliseconds:0} ms"),
        { TotalMinutes: < 2 } => FormattableString.Invariant($"{span.TotalSeconds:0.0} s"),
        _ => FormattableString.Invariant($"{span.TotalMinutes:0} min"),
    });

    private static string Text(DateTimeOffset moment, string english, string korean) =>
        TimeZoneInfo.ConvertTime(moment, Shop).ToString(IsKorean ? korean : english, CultureInfo.InvariantCulture);
}
