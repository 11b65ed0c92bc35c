using System.Net;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace ShopSaga.Payments.Provider;

/// <summary>A charge as the provider has it: CHARGED (and since when), DECLINED (and why) or VOIDED.</summary>
internal sealed record ProviderCharge(long Id, string Status, long? Amount, string? DeclineReason, DateTimeOffset? ChargedAt);

/// <summary>A refund as the provider has it.</summary>
internal sealed record ProviderRefund(long Id, DateTimeOffset RefundedAt);

/// <summary>
/// The payment provider, over HTTP: every call has a time limit and a circuit breaker before it, and the client bounds how many there are
/// at once. Only look-ups are retried here, as they are cheap and change nothing. Everything else is tried again by a later message, with the
/// same key.
/// </summary>
internal sealed class PaymentProvider(HttpClient http, TimeSpan timeout, TimeProvider time, ILogger<PaymentProvider> logger)
{
    /// <summary>
    /// A charge that gets no answer in time does not open the circuit: it is not known yet, which does not mean that the provider is down.
    /// If it is, asking what became of the charge fails, and that does.
    /// </summary>
    private readonly ResiliencePipeline _charges = Guarded(new PredicateBuilder().Handle<HttpRequestException>(), timeout, time, logger);

    private readonly ResiliencePipeline _others = Guarded(
        new PredicateBuilder().Handle<HttpRequestException>().Handle<TimeoutRejectedException>(), timeout, time, logger);

    private readonly ResiliencePipeline _retries = new ResiliencePipelineBuilder { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<ProviderUnavailableException>(),
            MaxRetryAttempts = 2,
            Delay = TimeSpan.FromMilliseconds(100),
            BackoffType = DelayBackoffType.Exponential,
        })
        .Build();

    /// <summary>Charges; null when no answer came in time, so that it is not known whether the money was taken.</summary>
    public async Task<ProviderCharge?> Charge(Payment payment, CancellationToken cancellationToken)
    {
        var body = new { payment.Amount, payment.PaymentMethod, Reference = payment.ChargeKey };
        try
        {
            return await Call<ProviderCharge>(_charges, HttpMethod.Post, "charges", payment.ChargeKey, body, cancellationToken);
        }
        catch (ProviderUnavailableException unavailable) when (unavailable.InnerException is TimeoutRejectedException)
        {
            return null;
        }
    }

    /// <summary>What became of a charge; null when the provider has none of that key, yet.</summary>
    public async Task<ProviderCharge?> Find(string key, CancellationToken cancellationToken)
    {
        var path = $"charges?idempotencyKey={Uri.EscapeDataString(key)}";
        var found = await _retries.ExecuteAsync(
            async token => await Call<Page<ProviderCharge>>(_others, HttpMethod.Get, path, key, body: null, token), cancellationToken);
        return found.Items.SingleOrDefault();
    }

    /// <summary>Makes sure that nothing is charged under the key from now on, and says what holds.</summary>
    public Task<ProviderCharge> Void(string key, CancellationToken cancellationToken) =>
        Call<ProviderCharge>(_others, HttpMethod.Post, "charges/void", key, body: null, cancellationToken);

    /// <summary>Gives the whole payment back.</summary>
    public Task<ProviderRefund> Refund(Payment payment, CancellationToken cancellationToken) => Call<ProviderRefund>(
        _others, HttpMethod.Post, $"charges/{payment.ChargeId}/refunds", payment.RefundKey, new { payment.Amount }, cancellationToken);

    private static ResiliencePipeline Guarded(PredicateBuilder<object> failures, TimeSpan timeout, TimeProvider time, ILogger logger) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = failures,
                FailureRatio = 0.8,
                MinimumThroughput = 20,
                SamplingDuration = TimeSpan.FromSeconds(10),
                BreakDuration = TimeSpan.FromSeconds(2),
                OnOpened = opened =>
                {
                    logger.LogWarning(LogEvents.ProviderFails, "The provider fails; no calls for {Duration}", opened.BreakDuration);
                    return default;
                },
            })
            .AddTimeout(timeout)
            .Build();

    private async Task<T> Call<T>(
        ResiliencePipeline pipeline, HttpMethod method, string path, string key, object? body, CancellationToken cancellationToken)
    {
        var asked = $"{method} {path} with key {key}";
        try
        {
            return await pipeline.ExecuteAsync(async token => await Send<T>(asked, method, path, key, body, token), cancellationToken);
        }
        catch (Exception failure) when (failure is HttpRequestException or TimeoutRejectedException or BrokenCircuitException)
        {
            throw new ProviderUnavailableException(asked, failure, wasSent: !NeverLeft(failure));
        }
    }

    /// <summary>Whether there was no connection on which the request could have been sent.</summary>
    private static bool NeverLeft(Exception failure) => failure is BrokenCircuitException or HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
    };

    private async Task<T> Send<T>(
        string asked, HttpMethod method, string path, string key, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("Idempotency-Key", key);
        using var response = await Connected(http.SendAsync(request, cancellationToken));
        if (response.StatusCode is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError
            and not (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests))
        {
            throw new ProviderRefusedException(
                asked, $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
        }

        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<T>(cancellationToken))!;
    }

    /// <summary>A connection that could not be made in time is a failure to connect like any other, not a missing answer.</summary>
    private static async Task<HttpResponseMessage> Connected(Task<HttpResponseMessage> sending)
    {
        try
        {
            return await sending;
        }
        catch (TaskCanceledException late) when (late.InnerException is TimeoutException)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, late.InnerException.Message, late);
        }
    }

    private sealed record Page<T>(IReadOnlyList<T> Items);
}
