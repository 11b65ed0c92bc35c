using System.Net;
using System.Text.Json.Nodes;

namespace ShopSaga.Tests.Endpoints.Psp;

/// <summary>Where the provider's webhooks arrive; the test says how each is answered.</summary>
internal sealed class Mailbox : HttpMessageHandler
{
    private readonly List<Letter> _letters = [];

    public Func<Letter, Task<HttpStatusCode>> Answer { get; set; } = _ => Task.FromResult(HttpStatusCode.NoContent);

    /// <summary>Everything that arrived, in order.</summary>
    public IReadOnlyList<Letter> Letters
    {
        get
        {
            lock (_letters)
            {
                return [.. _letters];
            }
        }
    }

    /// <summary>What arrived about a charge or a refund.</summary>
    public IReadOnlyList<Letter> About(string key) => [.. Letters.Where(letter => (string?)letter.Json["data"]!["idempotencyKey"] == key)];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var letter = new Letter(
            request.RequestUri!.AbsolutePath,
            request.Headers.GetValues("Psp-Signature").Single(),
            await request.Content!.ReadAsStringAsync(cancellationToken));
        lock (_letters)
        {
            _letters.Add(letter);
        }

        return new HttpResponseMessage(await Answer(letter));
    }
}

/// <summary>A webhook as it came in.</summary>
internal sealed record Letter(string Path, string Signature, string Body)
{
    public JsonNode Json => JsonNode.Parse(Body)!;
}
