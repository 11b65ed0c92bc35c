namespace ShopSaga.Tests.Endpoints.Payments;

/// <summary>The line to the provider, which can be cut before a request reaches it, or before the answer comes back.</summary>
internal sealed class Line : DelegatingHandler
{
    public bool IsDown { get; set; }

    public bool LosesAnswers { get; set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (IsDown)
        {
            throw new HttpRequestException("Connection refused");
        }

        var response = await base.SendAsync(request, cancellationToken);
        return LosesAnswers ? throw new HttpRequestException("Connection reset") : response;
    }
}
