namespace ShopSaga.Tests.Bus.Support;

/// <summary>Awaits a condition. The limit only ends a test that would never end; no test asserts a time.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    public static Task Is(Func<Task<bool>> condition, string what) => Get(condition, met => met, what);

    public static Task Is(Func<bool> condition, string what) => Is(() => Task.FromResult(condition()), what);

    /// <summary>Looks until what is there is as expected, and gives it.</summary>
    public static async Task<T> Get<T>(Func<Task<T>> look, Func<T, bool> asExpected, string what)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            var seen = await look();
            if (asExpected(seen))
            {
                return seen;
            }

            if (limit.IsCancellationRequested)
            {
                throw new AssertionException($"Never happened: {what}. Last seen: {seen}");
            }

            await Task.Delay(20);
        }
    }
}
