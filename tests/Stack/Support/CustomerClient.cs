using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using ShopSaga.Local.Demonstration;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>A client that retries while the shop is unavailable, and logs in again before its access token expires.</summary>
internal sealed class CustomerClient : IDisposable
{
    /// <summary>Access tokens are valid for 15 minutes.</summary>
    private static readonly TimeSpan TokenIsUsedFor = TimeSpan.FromMinutes(10);
    private static int _registered;
    private (string Email, string Password, long LoggedInAt)? _login;
    private readonly ShopClient _shop = new(RunningSystem.Stack.GatewayAddress);

    public static async Task<CustomerClient> Register()
    {
        var customer = new CustomerClient();
        var (email, password) = ($"customer-{Interlocked.Increment(ref _registered)}@example.com", "a long password");
        await customer.Post("users", new { email, password, name = "CustomerClient" });
        return await customer.LogIn(email, password);
    }

    public static Task<CustomerClient> LoggedIn(string email, string password) => new CustomerClient().LogIn(email, password);

    public void Dispose() => _shop.Dispose();

    public async Task<long> Id() => (long)(await Get("users/me"))["id"]!;

    public Task<JsonNode> Get(string path) => WithRetries(async () =>
    {
        await RenewToken();
        return await _shop.Get(path, CancellationToken.None);
    });

    public Task<JsonNode> Post(string path, object body) => WithRetries(async () =>
    {
        await RenewToken();
        return await PostOnce(path, body);
    });

    public Task Delete(string path) => WithRetries(async () =>
    {
        await RenewToken();
        await _shop.Delete(path, CancellationToken.None);
        return this;
    });

    /// <summary>Sends the request once.</summary>
    public Task<JsonNode> GetOnce(string path) => _shop.Get(path, CancellationToken.None);

    /// <summary>Sends the request once.</summary>
    public Task<JsonNode> PostOnce(string path, object body) => _shop.Post(path, body, CancellationToken.None);

    private Task<CustomerClient> LogIn(string email, string password) => WithRetries(async () =>
    {
        await _shop.LogIn(email, password, CancellationToken.None);
        _login = (email, password, Stopwatch.GetTimestamp());
        return this;
    });

    private async Task RenewToken()
    {
        if (_login is { } login && Stopwatch.GetElapsedTime(login.LoggedInAt) > TokenIsUsedFor)
        {
            await _shop.LogIn(login.Email, login.Password, CancellationToken.None);
            _login = login with { LoggedInAt = Stopwatch.GetTimestamp() };
        }
    }

    private static Task<T> WithRetries<T>(Func<Task<T>> ask)
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
