namespace ShopSaga.Tests.Shared;

/// <summary>Awaits conditions. The limit only ends a test that would never end; no test asserts a time.</summary>
public static class Eventually
{
    /// <summary>One minute, unless an assembly sets more: killed servers take their time to start.</summary>
    public static TimeSpan Limit { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Between two attempts. An assembly whose attempts are requests over HTTP sets more.</summary>
    public static TimeSpan Pause { get; set; } = TimeSpan.FromMilliseconds(20);

    public static Task Is(Func<Task<bool>> condition, string what) => Get(condition, met => met, what);

    public static Task Is(Func<bool> condition, string what) => Is(() => Task.FromResult(condition()), what);

    /// <summary>Asks until there is an answer.</summary>
    public static async Task<T> Get<T>(Func<Task<T?>> ask, Func<string> what)
        where T : class => (await Wait(ask, answer => answer is not null, _ => what()))!;

    /// <summary>Reads until the value is as expected, and returns it.</summary>
    public static Task<T> Get<T>(Func<Task<T>> read, Func<T, bool> asExpected, string what) =>
        Wait(read, asExpected, last => $"{what}. Last seen: {last}");

    private static async Task<T> Wait<T>(Func<Task<T>> read, Func<T, bool> asExpected, Func<T, string> describe)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            var value = await read();
            if (asExpected(value))
            {
                return value;
            }

            if (limit.IsCancellationRequested)
            {
                throw new AssertionException($"Not within {Limit.TotalMinutes:0.#} min: {describe(value)}");
            }

            await Task.Delay(Pause, CancellationToken.None);
        }
    }
}
