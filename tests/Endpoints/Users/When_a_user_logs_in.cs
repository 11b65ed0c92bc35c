using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Dapper;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Npgsql;

namespace ShopSaga.Tests.Endpoints.Users;

internal sealed class When_a_user_logs_in : UsersFixture
{
    [Test]
    public async Task Should_give_a_token_that_says_who_it_is_and_is_signed_by_a_published_key()
    {
        var user = await App.Register("claims@shop.test", "Cla Ims 🦊");
        using var client = App.Anonymous();
        using var answer = await client.PostAsJsonAsync("/auth/login", new { email = "CLAIMS@SHOP.TEST", password = UsersApp.Password });
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        var token = new JsonWebToken(body.GetProperty("accessToken").GetString());
        var keys = await client.GetFromJsonAsync<JsonElement>("/.well-known/jwks.json");
        var key = keys.GetProperty("keys").EnumerateArray().Single();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                body.EnumerateObject().Select(member => member.Name),
                Is.EqualTo(new[] { "accessToken", "tokenType", "expiresIn", "refreshToken" }));
            Assert.That(body.GetProperty("tokenType").GetString(), Is.EqualTo("Bearer"));
            Assert.That(body.GetProperty("expiresIn").GetInt32(), Is.EqualTo(900));
            Assert.That(token.Alg, Is.EqualTo("ES256"));
            Assert.That(token.Kid, Is.EqualTo(key.GetProperty("kid").GetString()));
            Assert.That(token.Subject, Is.EqualTo(user.GetProperty("id").GetInt64().ToString()));
            Assert.That(token.GetClaim("email").Value, Is.EqualTo("claims@shop.test"));
            Assert.That(token.GetClaim("name").Value, Is.EqualTo("Cla Ims 🦊"));
            Assert.That(token.GetClaim("role").Value, Is.EqualTo("customer"));
            Assert.That(token.Issuer, Is.EqualTo(TestTokens.Issuer));
            Assert.That(token.Audiences, Is.EqualTo(new[] { TestTokens.Audience }));
            Assert.That(token.Id, Is.Not.Empty);
            Assert.That(token.ValidTo - token.IssuedAt, Is.EqualTo(TimeSpan.FromMinutes(15)));
            Assert.That(
                key.EnumerateObject().Select(member => member.Name),
                Is.EquivalentTo(new[] { "kty", "crv", "use", "alg", "kid", "x", "y" }));
        }
    }

    [Test]
    public async Task Should_log_in_the_first_administrator()
    {
        var (access, _) = await App.LogIn(UsersApp.AdminEmail);
        Assert.That(new JsonWebToken(access).GetClaim("role").Value, Is.EqualTo("admin"));
    }

    [Test]
    public async Task Should_answer_alike_to_an_unknown_address_and_a_wrong_password()
    {
        await App.Register("alike@shop.test");
        var wrong = await Refused("alike@shop.test", "wrong password");
        var unknown = await Refused("unknown@shop.test", UsersApp.Password);
        Assert.That(
            wrong.Replace(TraceOf(wrong), "", StringComparison.Ordinal),
            Is.EqualTo(unknown.Replace(TraceOf(unknown), "", StringComparison.Ordinal)));
    }

    [Test]
    public async Task Should_take_as_long_for_an_unknown_address_as_for_a_wrong_password()
    {
        await App.Register("slow@shop.test");
        await Refused("slow@shop.test", "wrong password");
        List<TimeSpan> wrong = [], unknown = [];
        for (var round = 0; round < 7; round++)
        {
            wrong.Add(await TimeOf(() => Refused("slow@shop.test", "wrong password")));
            unknown.Add(await TimeOf(() => Refused("absent@shop.test", "wrong password")));
        }

        // Hashing takes nearly all of the time; without it the quicker one would take a twentieth of the slower.
        Assert.That(unknown.Order().ElementAt(3) / wrong.Order().ElementAt(3), Is.InRange(0.4, 2.5));
    }

    [TestCase("""{"email":"a@b.c"}""", "password")]
    [TestCase("""{"email":5,"password":null}""", "email", "password")]
    public async Task Should_refuse_a_malformed_log_in(string json, params string[] members)
    {
        using var client = App.Anonymous();
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync("/auth/login", content);
        await Problem.Expect(answer, HttpStatusCode.BadRequest, "validation", members);
    }

    [Test]
    public async Task Should_give_a_new_pair_for_a_refresh_token()
    {
        await App.Register("refresh@shop.test");
        var (_, refresh) = await App.LogIn("refresh@shop.test");

        using var answer = await Refresh(refresh);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var (access, next) = await UsersApp.Tokens(answer);
        Assert.That(next, Is.Not.EqualTo(refresh));
        using var client = App.With(access);
        using var me = await client.GetAsync("/users/me");
        Assert.That(me.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Should_revoke_the_whole_family_when_a_refresh_token_is_used_twice()
    {
        await App.Register("stolen@shop.test");
        var (_, first) = await App.LogIn("stolen@shop.test");
        var (_, otherDevice) = await App.LogIn("stolen@shop.test");
        using var used = await Refresh(first);
        var (_, second) = await UsersApp.Tokens(used);

        using var reused = await Refresh(first);
        await Problem.Expect(reused, HttpStatusCode.Unauthorized, "unauthenticated");
        using var successor = await Refresh(second);
        await Problem.Expect(successor, HttpStatusCode.Unauthorized, "unauthenticated");
        using var unaffected = await Refresh(otherDevice);
        Assert.That(unaffected.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Should_serve_a_refresh_token_once_when_used_many_times_at_once()
    {
        await App.Register("parallel@shop.test");
        for (var round = 0; round < 5; round++)
        {
            var (_, refresh) = await App.LogIn("parallel@shop.test");
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Refresh(refresh)));
            Assert.That(answers.Count(answer => answer.StatusCode == HttpStatusCode.OK), Is.LessThanOrEqualTo(1));
            Assert.That(answers.Select(answer => (int)answer.StatusCode), Is.All.EqualTo(200).Or.EqualTo(401));
            foreach (var answer in answers.Where(answer => answer.IsSuccessStatusCode))
            {
                using var successor = await Refresh((await UsersApp.Tokens(answer)).Refresh);
                Assert.That(successor.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            }
        }
    }

    [Test]
    public async Task Should_not_deadlock_when_refreshing_and_logging_out_at_once()
    {
        await App.Register("both@shop.test");
        for (var round = 0; round < 10; round++)
        {
            var (_, refresh) = await App.LogIn("both@shop.test");
            var answers = await Task.WhenAll(Refresh(refresh), LogOut(refresh), Refresh(refresh), LogOut(refresh));
            Assert.That(answers.Select(answer => (int)answer.StatusCode), Is.All.EqualTo(200).Or.EqualTo(204).Or.EqualTo(401));
        }
    }

    [Test]
    public async Task Should_refuse_a_refresh_token_that_is_too_old()
    {
        await App.Register("old@shop.test");
        var (_, refresh) = await App.LogIn("old@shop.test");
        await using var database = new NpgsqlConnection(App.Database);
        await database.ExecuteAsync(
            "UPDATE refresh_families SET expires_at = registered_at FROM users WHERE user_id = users.id AND email = 'old@shop.test'");

        using var answer = await Refresh(refresh);
        await Problem.Expect(answer, HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Test]
    public async Task Should_revoke_the_family_on_log_out_and_answer_alike_for_an_unknown_token()
    {
        await App.Register("out@shop.test");
        var (_, refresh) = await App.LogIn("out@shop.test");

        using var known = await LogOut(refresh);
        using var unknown = await LogOut("unknown");
        using var refreshed = await Refresh(refresh);
        Assert.That((known.StatusCode, unknown.StatusCode), Is.EqualTo((HttpStatusCode.NoContent, HttpStatusCode.NoContent)));
        Assert.That(refreshed.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Should_hash_a_password_anew_that_was_hashed_too_weakly_and_only_when_it_is_right()
    {
        await App.Register("weak@shop.test");
        var weak = new PasswordHasher<object>(
            Options.Create(new PasswordHasherOptions { IterationCount = 1_000 })).HashPassword(new(), UsersApp.Password);
        await using var database = new NpgsqlConnection(App.Database);
        await database.ExecuteAsync("UPDATE users SET password_hash = @weak WHERE email = 'weak@shop.test'", new { weak });

        await Refused("weak@shop.test", "wrong password");
        Assert.That(await HashOf("weak@shop.test"), Is.EqualTo(weak));
        await App.LogIn("weak@shop.test");
        var strong = await HashOf("weak@shop.test");
        Assert.That(strong, Is.Not.EqualTo(weak));
        await App.LogIn("weak@shop.test");
        Assert.That(await HashOf("weak@shop.test"), Is.EqualTo(strong));

        Task<string?> HashOf(string email) =>
            database.ExecuteScalarAsync<string>("SELECT password_hash FROM users WHERE email = @email", new { email });
    }

    [Test]
    public async Task Should_serve_a_refresh_token_once_over_several_instances()
    {
        await App.Register("instances@shop.test");
        await using var other = App.StartAnother();
        var (_, refresh) = await App.LogIn("instances@shop.test");
        using var there = other.Anonymous();
        using var used = await there.PostAsJsonAsync("/auth/refresh", new { refreshToken = refresh });
        var (access, _) = await UsersApp.Tokens(used);
        using var client = App.With(access);
        using var me = await client.GetAsync("/users/me");
        Assert.That(me.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using var reused = await Refresh(refresh);
        Assert.That(reused.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    private async Task<HttpResponseMessage> Refresh(string refreshToken)
    {
        using var client = App.Anonymous();
        return await client.PostAsJsonAsync("/auth/refresh", new { refreshToken });
    }

    private async Task<HttpResponseMessage> LogOut(string refreshToken)
    {
        using var client = App.Anonymous();
        return await client.PostAsJsonAsync("/auth/logout", new { refreshToken });
    }

    private async Task<string> Refused(string email, string password)
    {
        using var client = App.Anonymous();
        using var answer = await client.PostAsJsonAsync("/auth/login", new { email, password });
        await Problem.Expect(answer, HttpStatusCode.Unauthorized, "unauthenticated");
        return await answer.Content.ReadAsStringAsync();
    }

    private static string TraceOf(string problem) => JsonDocument.Parse(problem).RootElement.GetProperty("traceId").GetString()!;

    private static async Task<TimeSpan> TimeOf(Func<Task> action)
    {
        var watch = Stopwatch.StartNew();
        await action();
        return watch.Elapsed;
    }
}
