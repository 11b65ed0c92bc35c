using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json.Nodes;

namespace ShopSaga.Tests.Endpoints.Orders;

/// <summary>GET /orders/{id}/events, as a client reads it.</summary>
internal sealed class OrderStream : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<JsonNode>>? _events;

    private OrderStream(HttpResponseMessage response, Stream content)
    {
        _response = response;
        if (MediaType == "text/event-stream")
        {
            _events = SseParser.Create(content, (_, data) => JsonNode.Parse(Encoding.UTF8.GetString(data))!)
                .EnumerateAsync()
                .GetAsyncEnumerator();
        }
    }

    public int Status => (int)_response.StatusCode;

    public string? MediaType => _response.Content.Headers.ContentType?.MediaType;

    public HttpResponseMessage Response => _response;

    public static async Task<OrderStream> Open(HttpClient client, long orderId, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/orders/{orderId}/events");
        if (lastEventId is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        }

        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return new OrderStream(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next event, or null when the stream is at its end.</summary>
    public async Task<SseItem<JsonNode>?> Next() => await _events!.MoveNextAsync().AsTask().WaitAsync(Patience) ? _events.Current : null;

    /// <summary>The statuses until the end, with the ids of their events.</summary>
    public async Task<IReadOnlyList<(string Id, string Status)>> Rest()
    {
        var rest = new List<(string, string)>();
        while (await Next() is { } next)
        {
            rest.Add((next.EventId!, next.Data["status"]!.GetValue<string>()));
        }

        return rest;
    }

    public ValueTask DisposeAsync()
    {
        _response.Dispose();
        return ValueTask.CompletedTask;
    }
}
