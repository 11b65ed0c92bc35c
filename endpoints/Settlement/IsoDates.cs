using System.Globalization;

namespace ShopSaga.Settlement;

/// <summary>Dates in log messages, which would otherwise be written in the invariant culture: in American order.</summary>
internal static class IsoDates
{
    /// <summary>The date as <c>yyyy-MM-dd</c> (ISO 8601).</summary>
    public static string ToIso(this DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
