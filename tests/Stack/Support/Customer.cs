using System.Net;
using System.Text.Json.Nodes;
using ShopSaga.Local.Demonstration;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>Somebody who comes back when the shop says that it is not available just now.</summary>
internal sealed class Customer : IDisposable
{
    private static int customers;
    private readonly Shop shop = new(RunningSystem.Stack.GatewayAddress);

    public static async Task<Customer> Register()
    {
        var customer = new Customer();
        var email = $"customer-{Interlocked.Increment(ref customers)}@example.com";
        await customer.shop.Post("users", new { email, password = "a long password", name = "Customer" }, CancellationToken.None);
        await customer.shop.LogIn(email, "a long password", CancellationToken.None);
        return customer;
    }

    public void Dispose() => shop.Dispose();

    public Task<JsonNode> Get(string path) => Patiently(() => shop.Get(path, CancellationToken.None));

    public Task<JsonNode> Post(string path, object body) => Patiently(() => shop.Post(path, body, CancellationToken.None));

    /// <summary>One attempt, whatever comes of it.</summary>
    public Task<JsonNode> PostOnce(string path, object body) => shop.Post(path, body, CancellationToken.None);

    private static async Task<JsonNode> Patiently(Func<Task<JsonNode>> ask)
    {
        HttpRequestException? last = null;
        return await Eventually.Get(
            async () =>
            {
                try
                {
                    return await ask();
                }
                catch (HttpRequestException unavailable) when (unavailable.StatusCode is
                    null or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout)
                {
                    last = unavailable;
                    return null;
                }
            },
            () => last!.Message);
    }
}
