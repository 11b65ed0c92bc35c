using Microsoft.Extensions.Time.Testing;

namespace ShopSaga.Tests.Endpoints.Settlement;

/// <summary>Lets a service with a clock of the test's look for work at another time.</summary>
internal static class FakeTime
{
    /// <summary>The period of the schedule: as <c>Settlement:CheckEvery</c>.</summary>
    public static readonly TimeSpan CheckEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Sets the clock, and lets the schedule look for work once. Advancing the clock over days would fire every tick in between, millions
    /// of them, and those of the bus as well.
    /// </summary>
    public static void JumpTo(this FakeTimeProvider time, DateTimeOffset to)
    {
        time.AdjustTime(to - CheckEvery);
        time.Advance(CheckEvery);
    }
}
