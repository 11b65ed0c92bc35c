using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace ShopSaga.Tests.Endpoints.Gateway;

/// <summary>Quotas are given back so slowly here that none comes back during a test, except where a test waits for it.</summary>
[TestFixture]
internal sealed class When_clients_exceed_rate_limits
{
    [Test]
    public async Task Should_refuse_an_address_that_asks_too_often_without_a_token_and_say_when_to_come_back()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks, new() { ["RateLimits:Address"] = "5/m" });
        using var client = gateway.Client();
        for (var left = 4; left >= 0; left--)
        {
            using var served = await client.GetAsync("/products");
            Assert.That(served.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(Header(served, "RateLimit-Policy"), Is.EqualTo("\"address\";q=5;w=60"));
            Assert.That(Header(served, "RateLimit"), Does.Match($"^\"address\";r={left};t=[0-9]+$"));
        }

        using var refused = await client.GetAsync("/products");
        await Problem.Expect(refused, HttpStatusCode.TooManyRequests, "too-many-requests");
        Assert.That(Header(refused, "Retry-After"), Does.Match("^1[0-9]$"), "a twelfth of a minute, and a bit");
        Assert.That(Header(refused, "RateLimit"), Is.EqualTo("\"address\";r=0;t=60"));
    }

    [Test]
    public async Task Should_serve_again_after_as_many_seconds_as_it_said()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks, new() { ["RateLimits:Address"] = "2/s" });
        using var client = gateway.Client();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.GetAsync("/products")));
        var refused = answers.First(answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.That(int.Parse(Header(refused, "Retry-After"), CultureInfo.InvariantCulture), Is.GreaterThanOrEqualTo(1));
        Assert.That(
            async () => (await client.GetAsync("/products")).StatusCode, Is.EqualTo(HttpStatusCode.OK).After(20).Seconds.PollEvery(200));
    }

    [Test]
    public async Task Should_count_requests_whose_token_is_refused_as_those_of_the_address()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks, new() { ["RateLimits:Address"] = "3/m" });
        using var forger = gateway.Client("not.a.token");
        var answers = await Several(8, () => forger.GetAsync("/cart"));
        Assert.That(answers.Take(3), Is.All.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(answers.Skip(3), Is.All.EqualTo(HttpStatusCode.TooManyRequests));
    }

    [Test]
    public async Task Should_count_a_user_by_the_token_alone_and_each_user_apart()
    {
        await using var gateway = await GatewayApp.Start(
            TestTokens.Jwks, new() { ["RateLimits:User"] = "3/m", ["RateLimits:Address"] = "1/m" });
        using var first = gateway.Client(TestTokens.Customer(1));
        using var firstElsewhere = gateway.Client(TestTokens.Customer(1));
        using var second = gateway.Client(TestTokens.Customer(2));
        var answers = await Several(2, () => first.GetAsync("/cart"));
        answers.AddRange(await Several(2, () => firstElsewhere.GetAsync("/cart")));
        Assert.That(answers, Is.EqualTo(new[] { HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests }));
        using var other = await second.GetAsync("/cart");
        Assert.That(Header(other, "RateLimit-Policy"), Is.EqualTo("\"user\";q=3;w=60"));
        Assert.That(other.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Should_limit_log_ins_and_registrations_of_an_account_together_without_case()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks, new() { ["RateLimits:Account"] = "3/m" });
        using var client = gateway.Client();
        using var seen = await client.PostAsJsonAsync("/auth/login", new { email = "ann@shop.test", password = "p" });
        var forwarded = await seen.Content.ReadFromJsonAsync<JsonElement>();
        Assert.That(
            forwarded.GetProperty("body").GetString(),
            Is.EqualTo("""{"email":"ann@shop.test","password":"p"}"""),
            "read, and passed on as it was");

        using var upper = await client.PostAsJsonAsync("/auth/login", new { password = "p", email = "ANN@SHOP.TEST" });
        using var registering = await client.PostAsJsonAsync("/users", new { email = "Ann@Shop.Test" });
        using var refused = await client.PostAsJsonAsync("/AUTH/Login/", new { email = "ann@shop.test", password = "p" });
        using var escaped = await client.PostAsync("/auth/login", Json("""{"em\u0061il":"\u0061nn@shop.test","password":"p"}"""));
        using var another = await client.PostAsJsonAsync("/auth/login", new { email = "bob@shop.test", password = "p" });
        Assert.That(
            new[] { upper, registering, refused, escaped, another }.Select(answer => (int)answer.StatusCode),
            Is.EqualTo(new[] { 200, 200, 429, 429, 200 }));
        Assert.That(
            Header(refused, "RateLimit-Policy"),
            Is.EqualTo("\"address\";q=1000000;w=1, \"passwords\";q=1000000;w=1, \"account\";q=3;w=60"));
    }

    [Test]
    public async Task Should_limit_log_ins_and_registrations_of_an_address_for_any_accounts()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks, new() { ["RateLimits:Passwords"] = "4/m" });
        using var client = gateway.Client();
        var number = 0;
        var answers = await Several(
            3, () => client.PostAsJsonAsync("/auth/login", new { email = $"{number++}@shop.test", password = "p" }));
        answers.AddRange(await Several(3, () => client.PostAsJsonAsync("/users", new { email = $"{number++}@shop.test", password = "p" })));
        Assert.That(answers.Take(4), Is.All.EqualTo(HttpStatusCode.OK));
        Assert.That(answers.Skip(4), Is.All.EqualTo(HttpStatusCode.TooManyRequests));
        using var browsing = await client.GetAsync("/products");
        Assert.That(browsing.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Should_limit_password_attempts_of_a_logged_in_user_together_with_log_ins()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks, new() { ["RateLimits:Account"] = "3/m" });
        using var thief = gateway.Client(TestTokens.Customer(1));
        using var second = gateway.Client(TestTokens.Customer(2));
        var number = 0;
        var tries = await Several(
            4,
            () =>
                thief.PutAsJsonAsync(
                    "/users/me/password", new { email = $"{number++}@shop.test", currentPassword = "p", newPassword = "q" }));
        using var logIn = await thief.PostAsJsonAsync("/auth/login", new { email = "USER1@shop.test", password = "p" });
        using var another = await second.PutAsJsonAsync("/users/me/password", new { currentPassword = "p", newPassword = "q" });
        Assert.That(
            tries.Concat([logIn.StatusCode, another.StatusCode]).Select(status => (int)status),
            Is.EqualTo(new[] { 200, 200, 200, 429, 429, 200 }));
    }

    [TestCase("{")]
    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("""{"email":5}""")]
    [TestCase("""{"email":null}""")]
    [TestCase("""{"email":"\ud800"}""")]
    [TestCase("")]
    public async Task Should_leave_a_body_without_an_address_to_the_service(string body)
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks, new() { ["RateLimits:Account"] = "1/m" });
        using var client = gateway.Client();
        var answers = await Several(3, () => client.PostAsync("/auth/login", Json(body)));
        Assert.That(answers, Is.All.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Should_refuse_a_log_in_that_is_not_declared_as_json()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks);
        using var client = gateway.Client();
        using var content = new StringContent("""{"email":"a@b.c"}""", Encoding.UTF8, "text/plain");
        using var answer = await client.PostAsync("/auth/login", content);
        await Problem.Expect(answer, HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");
    }

    [Test]
    public async Task Should_count_all_spellings_of_an_account_together()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks, new() { ["RateLimits:Account"] = "2/m" });
        using var client = gateway.Client();
        var statuses = new List<int>();
        foreach (var email in new[]
        {
            "J\u00FCrgen@b\u00FCcher.example",
            "ju\u0308rgen@xn--bcher-kva.example",
            "JU\u0308RGEN@B\u00DCCHER.example",
        })
        {
            using var answer = await client.PostAsJsonAsync("/auth/login", new { email, password = "guess" });
            statuses.Add((int)answer.StatusCode);
        }

        Assert.That(statuses, Is.EqualTo(new[] { 200, 200, 429 }));
    }

    [Test]
    public async Task Should_not_believe_a_header_about_the_address()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks, new() { ["RateLimits:Address"] = "2/m" });
        Assert.That(await From(gateway, "192.0.2.1", "192.0.2.2", "192.0.2.3"), Is.EqualTo(new[] { 200, 200, 429 }));
    }

    [TestCase("127.0.0.1")]
    [TestCase("10.0.0.0/8, 127.0.0.0/8")]
    public async Task Should_believe_a_trusted_proxy_about_the_address(string proxies)
    {
        await using var gateway = await GatewayApp.Start(
            TestTokens.Jwks, new() { ["RateLimits:Address"] = "2/m", ["Proxies:Trusted"] = proxies });
        Assert.That(await From(gateway, "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"), Is.EqualTo(new[] { 200, 200, 429, 200 }));
        Assert.That(
            await From(gateway, "198.51.100.1, 192.0.2.9", "198.51.100.2, 192.0.2.9", "198.51.100.3, 192.0.2.9"),
            Is.EqualTo(new[] { 200, 200, 429 }),
            "what a client wrote before the proxy did counts for nothing");
    }

    [Test]
    public async Task Should_take_a_network_of_addresses_for_one_client()
    {
        await using var gateway = await GatewayApp.Start(
            TestTokens.Jwks, new() { ["RateLimits:Address"] = "2/m", ["Proxies:Trusted"] = "127.0.0.1" });
        Assert.That(
            await From(gateway, "2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:1::3", "2001:db8:0:2::1"),
            Is.EqualTo(new[] { 200, 200, 429, 200 }));
    }

    [TestCase("RateLimits:User", "0/s")]
    [TestCase("RateLimits:Address", "100")]
    [TestCase("RateLimits:Account", "ten/m")]
    [TestCase("RateLimits:Passwords", "10/h")]
    [TestCase("Proxies:Trusted", "somebody")]
    [TestCase("Cors:Origins", "https://shop.example/path")]
    [TestCase("Cors:Origins", "*")]
    [TestCase("Connections:Most", "0")]
    [TestCase("Timeouts:Service", "00:00:00")]
    [TestCase("Services:Users", "users:8081")]
    public void Should_not_start_with_a_setting_that_means_nothing(string key, string value) =>
        Assert.That(
            () => GatewayApp.Start(TestTokens.Jwks, new() { [key] = value }),
            Throws.InvalidOperationException.With.Message.Contains(key)
                .And.Message.Contains(key.Replace(":", "__", StringComparison.Ordinal)));

    private static async Task<List<int>> From(GatewayApp gateway, params string[] addresses)
    {
        using var client = gateway.Client();
        var answers = new List<int>();
        foreach (var address in addresses)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/products");
            request.Headers.Add("X-Forwarded-For", address);
            using var answer = await client.SendAsync(request);
            answers.Add((int)answer.StatusCode);
        }

        return answers;
    }

    private static async Task<List<HttpStatusCode>> Several(int number, Func<Task<HttpResponseMessage>> ask)
    {
        var answers = new List<HttpStatusCode>();
        for (var asked = 0; asked < number; asked++)
        {
            using var answer = await ask();
            answers.Add(answer.StatusCode);
        }

        return answers;
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private static string Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : "";
}
