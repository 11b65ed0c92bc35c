using ShopSaga.Hosting.Http;

namespace ShopSaga.Psp;

/// <summary>The ways in which the provider is slow or not there. None of them outlasts a stop of the process.</summary>
internal sealed class Outage(TimeProvider time, IHostApplicationLifetime lifetime, ILogger<Outage> logger)
{
    /// <summary>Longer than any caller waits.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    public IResult Unavailable(string key, int attempt)
    {
        logger.LogInformation(PspEvents.Unavailable, "Attempt {Attempt} with key {IdempotencyKey} is answered 503", attempt, key);
        return Problems.Problem(
            StatusCodes.Status503ServiceUnavailable, "unavailable", "Not available", "The payment network does not answer. Try again.");
    }

    /// <summary>Takes time, whether or not the caller is still there.</summary>
    public Task Wait(TimeSpan duration) => Task.Delay(duration, time, lifetime.ApplicationStopping);

    /// <summary>Gives no answer until the caller has gone.</summary>
    public async Task StaySilent(HttpContext http)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        await Task.Delay(Silence, time, gone.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        http.Abort();
    }
}
