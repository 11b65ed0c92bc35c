using System.Net;
using System.Text.Json.Nodes;
using ShopSaga.Local.Demonstration;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>Somebody who comes back when the shop says that it is not available just now.</summary>
internal sealed class Visitor : IDisposable
{
    private static int _visitors;
    private readonly Shop _shop = new(RunningSystem.Stack.GatewayAddress);

    public static async Task<Visitor> Register()
    {
        var visitor = new Visitor();
        var (email, password) = ($"visitor-{Interlocked.Increment(ref _visitors)}@example.com", "a long password");
        await visitor.Post("users", new { email, password, name = "Visitor" });
        return await visitor.LogIn(email, password);
    }

    public static Task<Visitor> LoggedIn(string email, string password) => new Visitor().LogIn(email, password);

    public void Dispose() => _shop.Dispose();

    public async Task<long> Id() => (long)(await Get("users/me"))["id"]!;

    public Task<JsonNode> Get(string path) => Patiently(() => _shop.Get(path, CancellationToken.None));

    public Task<JsonNode> Post(string path, object body) => Patiently(() => PostOnce(path, body));

    public Task Delete(string path) => Patiently(async () =>
    {
        await _shop.Delete(path, CancellationToken.None);
        return this;
    });

    /// <summary>One attempt, whatever comes of it.</summary>
    public Task<JsonNode> GetOnce(string path) => _shop.Get(path, CancellationToken.None);

    /// <summary>One attempt, whatever comes of it.</summary>
    public Task<JsonNode> PostOnce(string path, object body) => _shop.Post(path, body, CancellationToken.None);

    private Task<Visitor> LogIn(string email, string password) => Patiently(async () =>
    {
        await _shop.LogIn(email, password, CancellationToken.None);
        return this;
    });

    private static Task<T> Patiently<T>(Func<Task<T>> ask)
        where T : class
    {
        HttpRequestException? last = null;
        return Eventually.Get(
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
