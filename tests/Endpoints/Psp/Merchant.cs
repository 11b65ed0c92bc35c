using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Psp;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Psp;

/// <summary>The payment provider, and a merchant who calls it.</summary>
internal sealed class Merchant : IAsyncDisposable
{
    public const string ApiKey = "test-api-key";
    public const string WebhookSecret = "test-webhook-secret";
    private readonly ServiceApp<IdempotencyKey> _provider;

    private Merchant(ServiceApp<IdempotencyKey> provider)
    {
        _provider = provider;
        Http = provider.With(ApiKey);
    }

    public HttpClient Http { get; }

    /// <summary>The provider's database.</summary>
    public string Database => _provider.Database;

    /// <summary>A client that calls the provider through other hands.</summary>
    public HttpClient HttpThrough(DelegatingHandler line)
    {
        var client = _provider.CreateDefaultClient(line);
        client.DefaultRequestHeaders.Authorization = Http.DefaultRequestHeaders.Authorization;
        return client;
    }

    public HttpClient Stranger => _provider.Anonymous();

    /// <param name="mailbox">Where webhooks go, at once; without it none is sent.</param>
    public static async Task<Merchant> Start(Mailbox? mailbox = null) => new(await ServiceApp<IdempotencyKey>.Start(
        new()
        {
            ["Provider:ApiKey"] = ApiKey,
            ["Webhooks:Address"] = "http://merchant.test/webhooks/psp",
            ["Webhooks:Secret"] = WebhookSecret,
            ["Webhooks:Delay"] = mailbox is null ? "1.00:00:00" : "00:00:00",
        },
        services =>
        {
            if (mailbox is not null)
            {
                services.AddSingleton(new HttpClient(mailbox, disposeHandler: false));
            }
        }));

    /// <summary>A second process of the provider, with the same books.</summary>
    public IAsyncDisposable StartAnother() => _provider.StartAnother();

    public Task<HttpResponseMessage> Charge(
        string key,
        string method = "CARD",
        long amount = 1000,
        string reference = "order",
        CancellationToken cancellationToken = default) =>
        Post("charges", key, new { amount, paymentMethod = method, reference }, cancellationToken);

    public Task<HttpResponseMessage> Refund(long chargeId, string key, long amount) =>
        Post($"charges/{chargeId}/refunds", key, new { amount });

    public async Task<JsonNode> Void(string key) => await Read(await Post("charges/void", key, body: null));

    public async Task<JsonArray> Find(string key) => (await Get($"charges?idempotencyKey={Uri.EscapeDataString(key)}"))["items"]!.AsArray();

    public async Task<JsonNode> Get(string path) => (await Http.GetFromJsonAsync<JsonNode>(path))!;

    /// <summary>What the provider took and gave back for good, over all.</summary>
    public async Task<(long Charges, long Charged, long Refunds, long Refunded)> Totals()
    {
        var totals = await Get("totals");
        return ((long)totals["chargeCount"]!, (long)totals["chargedAmount"]!, (long)totals["refundCount"]!,
            (long)totals["refundedAmount"]!);
    }

    public static async Task<JsonNode> Read(HttpResponseMessage response) => (await response.Content.ReadFromJsonAsync<JsonNode>())!;

    public ValueTask DisposeAsync() => _provider.DisposeAsync();

    private async Task<HttpResponseMessage> Post(string path, string key, object? body, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("Idempotency-Key", key);
        return await Http.SendAsync(request, cancellationToken);
    }
}
