using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using ShopSaga.Contracts.Products;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Orders;

/// <summary>The Orders service on real servers, with a lamp (1) and a desk (2) on sale, and a chair (3) that was withdrawn.</summary>
internal sealed class OrdersApp : IAsyncDisposable
{
    public const long Lamp = 1;
    public const long Desk = 2;
    public const long Chair = 3;
    private readonly ServiceApp<OrderLifecycle> _service;

    private OrdersApp(ServiceApp<OrderLifecycle> service) => _service = service;

    public static async Task<OrdersApp> Start(Dictionary<string, string>? settings = null)
    {
        var app = new OrdersApp(await ServiceApp<OrderLifecycle>.Start(settings));
        await app.Ready();
        await app.Publish(new ProductListed(Lamp, "Lamp", "Light", 500, 1));
        await app.Publish(new ProductListed(Desk, "Desk", "Furniture", int.MaxValue, 1));
        await app.Publish(new ProductListed(Chair, "Chair", "Furniture", 700, 1));
        await app.Publish(new ProductWithdrawn(Chair, 2));
        await app.Eventually("SELECT count(*) FILTER (WHERE withdrawn) = 1 AND count(name) = 3 FROM price_list");
        return app;
    }

    /// <summary>The connection string of the service's database.</summary>
    public string Database => _service.Database;

    /// <summary>A second instance of the service.</summary>
    public async Task<OrdersApp> StartAnother(Dictionary<string, string>? settings = null)
    {
        var another = new OrdersApp(_service.StartAnother(settings: settings));
        await another.Ready();
        return another;
    }

    /// <summary>Waits until its queue exists: an event published earlier would be lost.</summary>
    private Task Ready() => Shared.Eventually.Is(
        async () => (await Anonymous().Read("/health/ready")).Status == 200, "the service is ready");

    public HttpClient Customer(long userId = 7) => _service.Customer(userId);

    public HttpClient Admin() => _service.Admin();

    public HttpClient Anonymous() => _service.Anonymous();

    /// <summary>As if another service had published it.</summary>
    public Task Publish(object message) => _service.Services.GetRequiredService<IMessageSession>().Publish(message);

    /// <summary>As if the service itself had sent it.</summary>
    public Task Send(object message, SendOptions options) =>
        _service.Services.GetRequiredService<IMessageSession>().Send(message, options);

    public async Task Execute(string sql, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(_service.Database);
        await connection.ExecuteAsync(sql, parameters);
    }

    public async Task<T> Query<T>(string sql, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(_service.Database);
        return await connection.QuerySingleAsync<T>(sql, parameters);
    }

    /// <summary>Waits until a query gives true.</summary>
    public Task Eventually(string condition, object? parameters = null) =>
        Shared.Eventually.Is(() => Query<bool>(condition, parameters), condition);

    public ValueTask DisposeAsync() => _service.DisposeAsync();
}

/// <summary>Requests as a client writes them, answers as it reads them.</summary>
internal static class Requests
{
    public static async Task<(int Status, JsonNode Body)> Send(this HttpClient client, HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        using var response = await client.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, body.Length == 0 ? new JsonObject() : JsonNode.Parse(body)!);
    }

    public static Task<(int Status, JsonNode Body)> Read(this HttpClient client, string path) => client.Send(HttpMethod.Get, path);

    public static Task<(int Status, JsonNode Body)> Post(this HttpClient client, string path, string? json = null) =>
        client.Send(HttpMethod.Post, path, json);

    public static async Task<long> Order(this HttpClient client, long productId = OrdersApp.Lamp, int quantity = 1)
    {
        using var response = await client.PostAsJsonAsync("/orders", new { productId, quantity, paymentMethod = "CARD" });
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonObject>())!["id"]!.GetValue<long>();
    }
}
