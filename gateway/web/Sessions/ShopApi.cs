using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using ShopSaga.Web.Api;

namespace ShopSaga.Web.Sessions;

/// <summary>
/// The public API as one visitor sees it: each call carries the visitor's access token and address. A call never throws for what the API
/// or the network says; the answer has a problem then.
/// </summary>
internal sealed partial class ShopApi(IHttpClientFactory clients, Visitor visitor)
{
    /// <summary>The HTTP client to the gateway.</summary>
    public const string Client = "gateway";

    private static readonly Nothing None = new();
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private TokenPair? _tokens;

    /// <summary>The API as a person sees it who has just logged in.</summary>
    public ShopApi As(TokenPair tokens) => new(clients, visitor) { _tokens = tokens };

    /// <summary>Calls a route without a body.</summary>
    public Task<Answer<TResponse>> Call<TResponse>(
        ApiRoute<Nothing, TResponse> operation, object? id = null, Dictionary<string, string?>? query = null)
        where TResponse : class => Call(operation, None, id, query);

    /// <summary>Calls a route.</summary>
    /// <param name="operation">The route.</param>
    /// <param name="body">The body.</param>
    /// <param name="id">For the placeholder of the path.</param>
    /// <param name="query">Parameters; those without a value are left out.</param>
    /// <param name="headers">Further headers, such as If-Match.</param>
    public async Task<Answer<TResponse>> Call<TRequest, TResponse>(
        ApiRoute<TRequest, TResponse> operation,
        TRequest body,
        object? id = null,
        Dictionary<string, string?>? query = null,
        params (string Name, string Value)[] headers)
        where TResponse : class
    {
        using var request = await Request(operation, id, query);
        if (body is not Nothing)
        {
            request.Content = JsonContent.Create(body, options: Json);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return await Ask(operation, request, async content =>
            typeof(TResponse) == typeof(Nothing) ? (TResponse)(object)None : await content.ReadFromJsonAsync<TResponse>(Json));
    }

    /// <summary>
    /// The order now and at every change, until it is final. A lost stream is resumed where it ended, so that no change is missed.
    /// </summary>
    /// <returns>Null while the stream is lost.</returns>
    public async IAsyncEnumerable<Order?> Track(
        long id, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? lastEventId = null;
        var pause = TimeSpan.FromMilliseconds(250);
        while (!cancellationToken.IsCancellationRequested)
        {
            await foreach (var order in Stream(id, lastEventId, cancellationToken))
            {
                (lastEventId, pause) = (order.EventId, TimeSpan.FromMilliseconds(250));
                yield return order.Data;
                if (order.Data.IsFinal)
                {
                    yield break;
                }
            }

            yield return null;
            await Task.Delay(pause, time, cancellationToken);
            pause = pause < TimeSpan.FromSeconds(4) ? pause * 2 : pause;
        }
    }

    /// <summary>A report of Settlement as CSV.</summary>
    public async Task<Answer<string>> Csv(ApiRoute operation, object? id, Dictionary<string, string?>? query)
    {
        using var request = await Request(operation, id, query);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/csv"));
        return await Ask(operation, request, async content => (string?)await content.ReadAsStringAsync());
    }

    private async Task<Answer<T>> Ask<T>(ApiRoute operation, HttpRequestMessage request, Func<HttpContent, Task<T?>> read)
        where T : class
    {
        try
        {
            using var response = await Send(request, HttpCompletionOption.ResponseContentRead, CancellationToken.None);
            return response.IsSuccessStatusCode
                ? new(await read(response.Content), null)
                : new(null, await ProblemOf(operation, response));
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or TaskCanceledException or JsonException)
        {
            return new(null, Problem.Away(operation.Service));
        }
    }

    private async IAsyncEnumerable<(string? EventId, Order Data)> Stream(
        long id, string? lastEventId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = await Request(ApiRoutes.TrackOrder, id, null);
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        using var response = await OrNull<HttpResponseMessage>(async () =>
            await Send(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken));
        var events = response?.StatusCode == HttpStatusCode.OK
            ? await OrNull<IAsyncEnumerator<SseItem<string>>>(async () =>
                SseParser.Create(await response.Content.ReadAsStreamAsync(cancellationToken)).EnumerateAsync(cancellationToken)
                    .GetAsyncEnumerator(cancellationToken))
            : null;
        while (events is not null && await OrNull(async () => await events.MoveNextAsync() ? events : null) is not null)
        {
            yield return (events.Current.EventId, JsonSerializer.Deserialize<Order>(events.Current.Data, Json)!);
        }
    }

    private async Task<HttpRequestMessage> Request(ApiRoute operation, object? id, Dictionary<string, string?>? query)
    {
        var path = Placeholder().Replace(
            operation.Path, Uri.EscapeDataString(Convert.ToString(id, CultureInfo.InvariantCulture) ?? ""));
        var request = new HttpRequestMessage(
            new HttpMethod(operation.Method),
            path[1..] + QueryString.Create((query ?? []).Where(parameter => parameter.Value is { Length: > 0 })));
        if ((_tokens?.AccessToken ?? await visitor.AccessToken()) is { } token)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (visitor.Address is { } address)
        {
            request.Headers.Add("X-Forwarded-For", address);
        }

        return request;
    }

    private Task<HttpResponseMessage> Send(
        HttpRequestMessage request, HttpCompletionOption completion, CancellationToken cancellationToken) =>
        clients.CreateClient(Client).SendAsync(request, completion, cancellationToken);

    private static async Task<T?> OrNull<T>(Func<Task<T?>> step)
        where T : class
    {
        try
        {
            return await step();
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or TaskCanceledException)
        {
            return null;
        }
    }

    private static async Task<Problem> ProblemOf(ApiRoute operation, HttpResponseMessage response)
    {
        var retryAfter = response.Headers.RetryAfter?.Delta;
        try
        {
            var body = await response.Content.ReadFromJsonAsync<ProblemBody>(Json);
            return new Problem(
                body?.Type?.Split('/')[^1] ?? Problem.Unavailable, operation.Service, body?.Detail, body?.Errors ?? [], retryAfter);
        }
        catch (JsonException)
        {
            return Problem.Away(operation.Service) with { RetryAfter = retryAfter };
        }
    }

    [GeneratedRegex("{[^}]+}")]
    private static partial Regex Placeholder();

    private sealed record ProblemBody(string? Type, string? Detail, Dictionary<string, string[]>? Errors);
}
