using Microsoft.Extensions.Time.Testing;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>Clocks that stand still until a test moves them.</summary>
internal static class TestTime
{
    public static readonly DateTimeOffset Start = new(2026, 11, 22, 6, 0, 0, TimeSpan.Zero);

    public static FakeTimeProvider New() => new(Start);
}
