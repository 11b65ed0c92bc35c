namespace ShopSaga.Tests.Endpoints.Payments;

/// <summary>The line to the provider, which can be cut before a request reaches it, or before the answer comes back, or be very slow.</summary>
internal sealed class Line : DelegatingHandler
{
    public bool IsDown { get; set; }

    public bool LosesAnswers { get; set; }

    /// <summary>Requests wait for it before they go on.</summary>
    public Task IsFree { get; set; } = Task.CompletedTask;

    /// <summary>How many requests came this far.</summary>
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
