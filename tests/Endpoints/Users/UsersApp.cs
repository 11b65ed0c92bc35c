using System.Net.Http.Json;
using System.Text.Json;
using ShopSaga.Tests.Endpoints.Support;
using ShopSaga.Users.Registering;

namespace ShopSaga.Tests.Endpoints.Users;

/// <summary>The Users service, and the requests of its clients.</summary>
internal static class UsersApp
{
    public const string Password = "correct horse battery";
    public const string AdminEmail = "admin@shop.test";

    public static Task<ServiceApp<Registration>> Start() => ServiceApp<Registration>.Start(new()
    {
        ["Admin:Email"] = AdminEmail,
        ["Admin:Password"] = Password,
        ["Signing:EncryptionKey"] = Convert.ToBase64String(new byte[32]),
    });

    public static async Task<JsonElement> Register(
        this ServiceApp<Registration> app, string email, string name = "Ann", string password = Password)
    {
        using var client = app.Anonymous();
        using var answer = await client.PostAsJsonAsync("/users", new { email, password, name });
        Assert.That((int)answer.StatusCode, Is.EqualTo(201), await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    public static async Task<(string Access, string Refresh)> LogIn(
        this ServiceApp<Registration> app, string email, string password = Password)
    {
        using var client = app.Anonymous();
        using var answer = await client.PostAsJsonAsync("/auth/login", new { email, password });
        Assert.That((int)answer.StatusCode, Is.EqualTo(200), await answer.Content.ReadAsStringAsync());
        return await Tokens(answer);
    }

    public static async Task<(string Access, string Refresh)> Tokens(HttpResponseMessage answer)
    {
        var tokens = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return (tokens.GetProperty("accessToken").GetString()!, tokens.GetProperty("refreshToken").GetString()!);
    }
}
