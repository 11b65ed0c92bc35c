namespace ShopSaga.Tests.Endpoints.Payments;

/// <summary>The connection to the provider. It can break before a request reaches the provider or before the answer returns, or hold requests back.</summary>
internal sealed class FaultyConnection : DelegatingHandler
{
    public bool IsDown { get; set; }

    public bool LosesAnswers { get; set; }

    /// <summary>Requests wait for this task before they are sent.</summary>
    public Task IsFree { get; set; } = Task.CompletedTask;

    /// <summary>How many requests were made.</summary>
    public int Requests { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests++;
        if (IsDown)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused");
        }

        await IsFree.WaitAsync(cancellationToken);
        var response = await base.SendAsync(request, cancellationToken);
        return LosesAnswers ? throw new HttpRequestException("Connection reset") : response;
    }
}
