namespace ShopSaga.Tests.Endpoints.Payments;

/// <summary>
/// The connection to the provider. It can break before a request reaches the provider or before the answer returns, or hold requests back.
/// </summary>
internal sealed class FaultyConnection : DelegatingHandler
{
    public bool IsDown { get; set; }

    public bool LosesResponses { get; set; }

    /// <summary>Requests wait for this task before they are sent.</summary>
    public Task MayProceed { get; set; } = Task.CompletedTask;

    /// <summary>The request with this idempotency key waits for the task beside it.</summary>
    public (string Key, Task MayProceed)? Held { get; set; }

    /// <summary>How many requests were made.</summary>
    public int Requests { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests++;
        if (IsDown)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused");
        }

        await MayProceed.WaitAsync(cancellationToken);
        if (Held is { } held && request.Headers.GetValues("Idempotency-Key").Contains(held.Key))
        {
            await held.MayProceed.WaitAsync(cancellationToken);
        }

        var response = await base.SendAsync(request, cancellationToken);
        return LosesResponses ? throw new HttpRequestException("Connection reset") : response;
    }
}
