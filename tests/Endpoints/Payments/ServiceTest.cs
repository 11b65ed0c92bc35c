using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Products;
using ShopSaga.Payments.Charging;
using ShopSaga.Payments.Provider;
using ShopSaga.Tests.Endpoints.Psp;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Payments;

/// <summary>The whole service on a real database, broker and provider. The test publishes the events of the other services.</summary>
internal abstract class ServiceTest
{
    private const int PatienceMs = 90_000;
    private long _lastOrder;

    /// <summary>After how long a call to the provider is given up.</summary>
    protected virtual TimeSpan ProviderTimeout => TimeSpan.FromSeconds(1);

    /// <summary>Settings that differ from the defaults.</summary>
    protected virtual Dictionary<string, string> Settings => [];

    /// <summary>The connection to the provider.</summary>
    protected FaultyConnection Connection { get; } = new();

    /// <summary>Receives the provider's webhooks and passes them on to the service.</summary>
    protected Mailbox Mailbox { get; } = new();

    protected Merchant Provider { get; private set; } = null!;

    protected ServiceApp<PaymentPolicy> Service { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        Provider = await Merchant.Start(Mailbox);
        Service = await ServiceApp<PaymentPolicy>.Start(
            new(Settings)
            {
                ["Provider:Address"] = "http://127.0.0.1:9",
                ["Provider:ApiKey"] = Merchant.ApiKey,
                ["Provider:WebhookSecret"] = Merchant.WebhookSecret,
            },
            services =>
            {
                Configure((EndpointConfiguration)services.Single(service => service.ServiceType == typeof(EndpointConfiguration))
                    .ImplementationInstance!);
                services.AddSingleton(new PaymentProvider(
                    Provider.HttpThrough(Connection), ProviderTimeout, TimeProvider.System, NullLogger<PaymentProvider>.Instance));
            });

        Mailbox.Answer = async letter => (await Deliver(letter.Body, letter.Signature)).StatusCode;

        // Before the service's queue is bound, published events are lost.
        using var client = Service.Anonymous();
        Assert.That(
            async () => (await client.GetAsync(new Uri("health/ready", UriKind.Relative))).IsSuccessStatusCode,
            Is.True.After(PatienceMs, 20));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await Provider.DisposeAsync();
        await Service.DisposeAsync();
        Mailbox.Dispose();
        Connection.Dispose();
    }

    /// <summary>Changes the endpoint before it starts.</summary>
    protected virtual void Configure(EndpointConfiguration endpoint)
    {
    }

    /// <summary>Sends a webhook to the service.</summary>
    protected async Task<HttpResponseMessage> Deliver(string body, params string[] signatures)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "webhooks/psp")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Psp-Signature", signatures);
        return await Service.Anonymous().SendAsync(request);
    }

    /// <summary>Places an order with its stock reserved, and gives its id.</summary>
    protected async Task<long> Order(long userId, string method = "CARD")
    {
        var orderId = Interlocked.Increment(ref _lastOrder);
        await Publish(new OrderPlaced(orderId, userId, [new OrderLine(1, 1, 1000)], 1000, method, DateTimeOffset.UtcNow));
        await Publish(new StockReserved(orderId, DateTimeOffset.UtcNow));
        return orderId;
    }

    /// <summary>Places an order and waits until its payment has a status.</summary>
    protected async Task<JsonNode> Paid(long userId, string method = "CARD", string status = "COMPLETED") =>
        await PaymentOf(await Order(userId, method), status);

    /// <summary>Waits until the order's payment has a status.</summary>
    protected async Task<JsonNode> PaymentOf(long orderId, string status)
    {
        var admin = Service.Admin();
        Assert.That(async () => (string?)(await Get())?["status"], Is.EqualTo(status).After(PatienceMs, 20));
        return (await Get())!;

        async Task<JsonNode?> Get() => (await Payments(admin, $"?orderId={orderId}")).SingleOrDefault();
    }

    protected Task Publish(object message) => Service.Services.GetRequiredService<IMessageSession>().Publish(message);

    protected static async Task<JsonArray> Payments(HttpClient client, string query = "") =>
        (await client.GetFromJsonAsync<JsonNode>($"payments{query}"))!["items"]!.AsArray();
}
