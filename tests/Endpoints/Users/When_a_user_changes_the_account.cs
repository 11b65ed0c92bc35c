using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace ShopSaga.Tests.Endpoints.Users;

internal sealed class When_a_user_changes_the_account : UsersFixture
{
    [Test]
    public async Task Should_show_the_account_as_the_registration_answered_it()
    {
        var registered = await App.Register("me@shop.test");
        using var client = App.With((await App.LogIn("me@shop.test")).Access);
        var me = await client.GetFromJsonAsync<JsonElement>("/users/me");
        Assert.That(me.ToString(), Is.EqualTo(registered.ToString()));
    }

    [Test]
    public async Task Should_rename()
    {
        await App.Register("rename@shop.test", "Before");
        using var client = App.With((await App.LogIn("rename@shop.test")).Access);
        using var answer = await client.PutAsJsonAsync("/users/me", new { name = "After", role = "admin", email = "x@y.z" });
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));

        var me = await client.GetFromJsonAsync<JsonElement>("/users/me");
        Assert.That(
            (me.GetProperty("name").GetString(), me.GetProperty("role").GetString(), me.GetProperty("email").GetString()),
            Is.EqualTo(("After", "customer", "rename@shop.test")));
    }

    [Test]
    public async Task Should_change_the_password_and_end_every_session()
    {
        await App.Register("change@shop.test");
        var (access, refresh) = await App.LogIn("change@shop.test");
        using var client = App.With(access);
        using var answer = await client.PutAsJsonAsync(
            "/users/me/password", new { currentPassword = UsersApp.Password, newPassword = "another password" });
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));

        await App.LogIn("change@shop.test", "another password");
        using var oldPassword = await client.PostAsJsonAsync(
            "/auth/login", new { email = "change@shop.test", password = UsersApp.Password });
        using var oldSession = await client.PostAsJsonAsync("/auth/refresh", new { refreshToken = refresh });
        Assert.That(oldPassword.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(oldSession.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase("wrong password", "another password", "currentPassword")]
    [TestCase(UsersApp.Password, "short", "newPassword")]
    public async Task Should_refuse_a_wrong_or_short_password(string currentPassword, string newPassword, string member)
    {
        var email = $"refuse-{member}@shop.test";
        await App.Register(email);
        using var client = App.With((await App.LogIn(email)).Access);
        using var answer = await client.PutAsJsonAsync("/users/me/password", new { currentPassword, newPassword });
        await Problem.Expect(answer, HttpStatusCode.BadRequest, "validation", member);
        await App.LogIn(email);
    }

    [TestCase("GET", "/users/me")]
    [TestCase("PUT", "/users/me")]
    [TestCase("PUT", "/users/me/password")]
    public async Task Should_refuse_a_caller_without_a_token(string method, string path)
    {
        using var client = App.Anonymous();
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = JsonContent.Create(new { }) };
        using var answer = await client.SendAsync(request);
        await Problem.Expect(answer, HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.That(answer.Headers.WwwAuthenticate.ToString(), Is.EqualTo("Bearer"));
    }
}
