using System.Net;
using Polly.Timeout;
using ShopSaga.Tests.Simulation.Faults;

namespace ShopSaga.Tests.Simulation.Shop;

/// <summary>
/// The line from Payments to the provider. It refuses connections, loses requests and answers, answers 503, and lets a request arrive
/// after its caller gave up.
/// </summary>
internal sealed class ProviderLine(Story story, Func<Tampering?> tampering) : DelegatingHandler
{
    private readonly List<(string What, HttpRequestMessage Request)> _late = [];

    /// <summary>Decides about each request; null for a line without faults.</summary>
    public Random? Random { get; set; }

    /// <summary>The chance that a request meets a fault.</summary>
    public double Faults { get; set; }

    public bool HasLateRequest => _late.Count > 0;

    public void Begin() => _late.Clear();

    /// <summary>A request that its caller has given up arrives.</summary>
    public async Task Land()
    {
        var (what, request) = _late[0];
        _late.RemoveAt(0);
        story.Step($"the provider receives, late, {what}");
        using var answer = await base.SendAsync(request, CancellationToken.None);
        request.Dispose();
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        tampering()?.Calling?.Invoke(request);
        var key = request.Headers.TryGetValues("Idempotency-Key", out var keys) ? keys.Single() : "none";
        var what = $"{request.Method} {request.RequestUri!.AbsolutePath} with key {key}";
        var mayBeLate = request.Method == HttpMethod.Post;
        switch (Random?.NextDouble() < Faults ? Random!.Next(mayBeLate ? 5 : 4) : -1)
        {
            case 0:
                story.Add($"no connection for {what}");
                throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused");
            case 1:
                story.Add($"503 to {what}");
                return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { RequestMessage = request };
            case 2:
                story.Add($"{what} is lost");
                throw new TimeoutRejectedException("No answer");
            case 3:
                using (await base.SendAsync(request, cancellationToken))
                {
                    story.Add($"the answer to {what} is lost");
                    throw new TimeoutRejectedException("No answer");
                }

            case 4:
                _late.Add((what, await Copy(request)));
                story.Add($"{what} is under way for long");
                throw new TimeoutRejectedException("No answer");
            default:
                var answer = await base.SendAsync(request, cancellationToken);
                story.Add($"{(int)answer.StatusCode} to {what}");
                return answer;
        }
    }

    private static async Task<HttpRequestMessage> Copy(HttpRequestMessage request)
    {
        var copy = new HttpRequestMessage(request.Method, request.RequestUri);
        foreach (var (name, values) in request.Headers)
        {
            copy.Headers.TryAddWithoutValidation(name, values);
        }

        if (request.Content is { } content)
        {
            copy.Content = new ByteArrayContent(await content.ReadAsByteArrayAsync());
            copy.Content.Headers.ContentType = content.Headers.ContentType;
        }

        return copy;
    }
}
