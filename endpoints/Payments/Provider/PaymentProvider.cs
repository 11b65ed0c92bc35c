using System.Net;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;
using ShopSaga.Payments.Lifecycle;

namespace ShopSaga.Payments.Provider;

/// <summary>
/// The payment provider, over HTTP: every call has a timeout and a circuit breaker, and the client bounds the number of concurrent calls.
/// Only look-ups are retried here, since they are cheap and change nothing. Everything else is retried by a later message with the same
/// key.
/// </summary>
internal sealed class PaymentProvider(HttpClient http, TimeSpan timeout, TimeProvider time, ILogger<PaymentProvider> logger)
{
    /// <summary>
    /// A charge without an answer in time does not open the circuit: its result is unknown, which does not mean that the provider is down.
    /// If the provider is down, the look-up that follows fails and opens the circuit.
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

    /// <summary>Charges; null when no answer came in time, so that the result is unknown.</summary>
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

    /// <summary>Looks a charge up; null when the provider has none with that key yet.</summary>
    public async Task<ProviderCharge?> Find(string key, CancellationToken cancellationToken)
    {
        var path = $"charges?idempotencyKey={Uri.EscapeDataString(key)}";
        var found = await _retries.ExecuteAsync(
            async token => await Call<Page<ProviderCharge>>(_others, HttpMethod.Get, path, key, body: null, token), cancellationToken);
        return found.Items.SingleOrDefault();
    }

    /// <summary>Voids the key, so that nothing is charged under it from now on, and gives the definite result.</summary>
    public Task<ProviderCharge> Void(string key, CancellationToken cancellationToken) =>
        Call<ProviderCharge>(_others, HttpMethod.Post, "charges/void", key, body: null, cancellationToken);

    /// <summary>Refunds an amount of the payment; the key stands for this amount.</summary>
    public Task<ProviderRefund> Refund(Payment payment, long amount, string key, CancellationToken cancellationToken) =>
        Call<ProviderRefund>(
            _others, HttpMethod.Post, $"charges/{payment.ChargeId}/refunds", key, new { amount }, cancellationToken);

    /// <summary>Looks up the refunds of a charge, including those that were made at the provider.</summary>
    public async Task<IReadOnlyList<ProviderRefund>> RefundsOf(long chargeId, string key, CancellationToken cancellationToken) =>
        (await _retries.ExecuteAsync(
            async token => await Call<Page<ProviderRefund>>(_others, HttpMethod.Get, $"charges/{chargeId}/refunds", key, body: null, token),
            cancellationToken)).Items;

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
                    logger.LogWarning(LogEvents.ProviderFails, "The provider keeps failing; no calls for {Duration}", opened.BreakDuration);
                    return default;
                },
            })
            .AddTimeout(timeout)
            .Build();

    private async Task<T> Call<T>(
        ResiliencePipeline pipeline, HttpMethod method, string path, string key, object? body, CancellationToken cancellationToken)
    {
        var description = $"{method} {path} with key {key}";
        try
        {
            return await pipeline.ExecuteAsync(
                async token => await Send<T>(description, method, path, key, body, token), cancellationToken);
        }
        catch (Exception failure) when (failure is HttpRequestException or TimeoutRejectedException or BrokenCircuitException)
        {
            throw new ProviderUnavailableException(description, failure, mayHaveBeenSent: !NeverLeft(failure));
        }
    }

    /// <summary>Whether the request certainly was not sent, for want of a connection.</summary>
    private static bool NeverLeft(Exception failure) => failure is BrokenCircuitException or HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError
            or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError,
    };

    private async Task<T> Send<T>(
        string description, HttpMethod method, string path, string key, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("Idempotency-Key", key);
        using var response = await WithConnectionErrors(http.SendAsync(request, cancellationToken));
        if (response.StatusCode is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError
            and not (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests))
        {
            throw new ProviderRefusedException(
                description, response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
        }

        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<T>(cancellationToken))!;
    }

    /// <summary>Turns the timeout of a connection attempt into a connection error: it is not a missing answer.</summary>
    private static async Task<HttpResponseMessage> WithConnectionErrors(Task<HttpResponseMessage> sending)
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
