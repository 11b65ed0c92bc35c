using ShopSaga.Web.Api;
using ShopSaga.Web.Sessions;

namespace ShopSaga.Web.Laboratory;

/// <summary>
/// The failure laboratory of a local run, as the launcher configures it. There is none in any other environment: the page does not exist
/// then, and nothing here can be reached.
/// </summary>
internal sealed class FailureLaboratory(IConfiguration configuration, IHostEnvironment environment, IHttpClientFactory clients, ShopApi api)
{
    private const string Password = "laboratory only";
    private TokenPair? _admin;
    private TokenPair? _customer;

    public bool IsOpen => environment.IsEnvironment("Local") && configuration["Laboratory:Address"] is { Length: > 0 };

    /// <summary>The API as an administrator sees it.</summary>
    public ShopApi Admin => api.As(_admin!);

    /// <summary>The API as a customer of the laboratory sees it.</summary>
    public ShopApi Customer => api.As(_customer!);

    /// <summary>Logs both in anew: their tokens are short-lived.</summary>
    public async Task<Problem?> Open()
    {
        var admin = await LogInAdmin();
        var account = new Registration($"laboratory-{Guid.NewGuid():N}@example.com", Password, "Laboratory");
        var registered = await api.Call(ApiRoutes.Register, account);
        var customer = registered.IsOk
            ? await api.Call(ApiRoutes.LogIn, new Credentials(account.Email, Password))
            : new Answer<TokenPair>(null, registered.Problem);
        (_admin, _customer) = (admin.Value, customer.Value);
        return admin.Problem ?? customer.Problem;
    }

    /// <summary>The API as an administrator sees it, with new tokens.</summary>
    public async Task<Answer<ShopApi>> OpenAsAdmin()
    {
        var (tokens, problem) = await LogInAdmin();
        return new(tokens is null ? null : api.As(tokens), problem);
    }

    /// <summary>Kills a process of this run; the launcher starts it again after so many seconds.</summary>
    public async Task<bool> TakeAway(string name, int seconds)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri(new Uri(configuration["Laboratory:Address"]! + "/"), $"away/{name}?seconds={seconds}"));
        request.Headers.Add("X-Laboratory-Key", configuration["Laboratory:Key"]);
        try
        {
            using var answer = await clients.CreateClient().SendAsync(request);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private Task<Answer<TokenPair>> LogInAdmin() => api.Call(
        ApiRoutes.LogIn,
        new Credentials(configuration["Laboratory:AdminEmail"] ?? "", configuration["Laboratory:AdminPassword"] ?? ""));
}
