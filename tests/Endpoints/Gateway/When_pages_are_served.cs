using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ShopSaga.Gateway;

namespace ShopSaga.Tests.Endpoints.Gateway;

[TestFixture]
[FixtureLifeCycle(LifeCycle.SingleInstance)]
internal sealed class When_pages_are_served
{
    private const string Key = "the key of the web application";
    private EchoService _web = null!;
    private GatewayApp _gateway = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _web = await EchoService.Start(7);
        _gateway = await GatewayApp.Start(
            TestTokens.Jwks,
            new() { [Pages.Setting] = _web.Address, ["Web:Key"] = Key, ["RateLimits:Address"] = "2/m" });
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _gateway.DisposeAsync();
        await _web.DisposeAsync();
    }

    [TestCase("/", 7)]
    [TestCase("/shop", 7)]
    [TestCase("/shop/orders/5", 7)]
    [TestCase("/_blazor/negotiate", 7)]
    [TestCase("/products", 1)]
    [TestCase("/products/5", 1)]
    public async Task Should_come_from_the_web_application_and_hide_no_route_of_the_api(string path, int instance)
    {
        var echo = (await Get(path, address: $"192.0.2.{path.Length}"))!;

        Assert.That(echo["instance"]!.GetValue<int>(), Is.EqualTo(instance));
        Assert.That(echo["headers"]!.AsObject().ContainsKey("x-web-key"), Is.False);
    }

    [Test]
    public async Task Should_leave_unknown_paths_to_the_api()
    {
        using var client = _gateway.Client();
        using var answer = await client.GetAsync("/no-such-page");

        await Problem.Expect(answer, HttpStatusCode.NotFound, "not-found");
    }

    [Test]
    public async Task Should_count_a_visitor_by_the_address_that_the_web_application_names()
    {
        Assert.That(await Statuses("198.51.100.1", Key), Is.EqualTo(new[] { 200, 200, 429 }));
        Assert.That(await Statuses("198.51.100.2", Key), Is.EqualTo(new[] { 200, 200, 429 }), "another visitor has a quota of its own");
    }

    [Test]
    public async Task Should_believe_no_other_caller_about_the_address()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks, new() { ["Web:Key"] = Key, ["RateLimits:Address"] = "1/m" });
        using var client = gateway.Client();
        client.DefaultRequestHeaders.Add("X-Web-Key", "another key");
        var statuses = new List<HttpStatusCode>();
        foreach (var address in new[] { "203.0.113.1", "203.0.113.2" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/products");
            request.Headers.Add("X-Forwarded-For", address);
            statuses.Add((await client.SendAsync(request)).StatusCode);
        }

        Assert.That(statuses, Is.EqualTo(new[] { HttpStatusCode.OK, HttpStatusCode.TooManyRequests }));
    }

    private async Task<int[]> Statuses(string address, string key)
    {
        using var client = _gateway.Client();
        var statuses = new int[3];
        for (var index = 0; index < statuses.Length; index++)
        {
            using var answer = await client.SendAsync(Request("/products", address, key));
            statuses[index] = (int)answer.StatusCode;
        }

        return statuses;
    }

    private async Task<JsonNode?> Get(string path, string address)
    {
        using var client = _gateway.Client();
        using var answer = await client.SendAsync(Request(path, address, Key));
        return await answer.Content.ReadFromJsonAsync<JsonNode>();
    }

    private static HttpRequestMessage Request(string path, string address, string key) => new(HttpMethod.Get, path)
    {
        Headers = { { "X-Web-Key", key }, { "X-Forwarded-For", address } },
    };
}
