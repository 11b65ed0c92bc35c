using ShopSaga.Hosting.Http;

namespace ShopSaga.Psp;

/// <summary>Simulates a provider that is slow, unavailable or silent. Stopping the process ends every wait.</summary>
internal sealed class Outage(TimeProvider time, IHostApplicationLifetime lifetime, ILogger<Outage> logger)
{
    // Longer than any caller waits.
    private static readonly TimeSpan MaxSilence = TimeSpan.FromMinutes(1);

    public IResult Unavailable(string key, int attempt)
    {
        logger.LogInformation(LogEvents.Unavailable, "Attempt {Attempt} with key {IdempotencyKey} is answered 503", attempt, key);
        return Problems.Problem(
            StatusCodes.Status503ServiceUnavailable, "unavailable", "Not available", "The payment network does not answer. Try again.");
    }

    /// <summary>Waits even when the caller has gone: a slow charge succeeds all the same.</summary>
    public Task Wait(TimeSpan duration) => Task.Delay(duration, time, lifetime.ApplicationStopping);

    /// <summary>Sends no answer; the connection ends when the caller closes it.</summary>
    public async Task StaySilent(HttpContext http)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        await Task.Delay(MaxSilence, time, gone.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        http.Abort();
    }
}
