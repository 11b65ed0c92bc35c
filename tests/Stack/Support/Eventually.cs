using System.Diagnostics;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>Awaits conditions. The limit only ends a test that would never end; no test asserts a time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks until there is an answer.</summary>
    public static async Task<T> Get<T>(Func<Task<T?>> ask, Func<string> what)
        where T : class
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            if (await ask() is { } answer)
            {
                return answer;
            }

            if (waited.Elapsed > Limit)
            {
                throw new TimeoutException($"Not within {Limit.TotalMinutes} min: {what()}");
            }

            await Task.Delay(Pause);
        }
    }
}
