using System.Net;

namespace ShopSaga.Tests.Endpoints.Gateway;

[TestFixture]
internal sealed class When_pages_of_other_origins_call
{
    private const string Origin = "https://shop.example";

    [Test]
    public async Task Should_be_kept_out_by_default()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks);
        using var preflight = await Preflight(gateway, Origin);
        await Problem.Expect(preflight, HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        using var request = await Get(gateway, Origin);
        Assert.That(CrossOriginHeaders(preflight).Concat(CrossOriginHeaders(request)), Is.Empty);
    }

    [Test]
    public async Task Should_be_let_in_when_they_are_named_and_no_others()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks, new() { ["Cors:Origins"] = $"{Origin}, http://127.0.0.1:3000" });
        using var preflight = await Preflight(gateway, Origin);
        using var refused = await Get(gateway, Origin, "/cart");
        using var stranger = await Get(gateway, "https://shop.example.evil.test");
        using var strangersPreflight = await Preflight(gateway, "null");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(preflight.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
            Assert.That(preflight.Headers.GetValues("Access-Control-Allow-Origin"), Is.EqualTo(new[] { Origin }));
            Assert.That(preflight.Headers.GetValues("Access-Control-Allow-Methods").Single(), Does.Contain("POST"));
            Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(
                refused.Headers.GetValues("Access-Control-Allow-Origin"),
                Is.EqualTo(new[] { Origin }),
                "an error is for the page to read, too");
            Assert.That(refused.Headers.GetValues("Access-Control-Expose-Headers").Single(), Does.Contain("Retry-After"));
            Assert.That(refused.Headers.Contains("Access-Control-Allow-Credentials"), Is.False);
            Assert.That(CrossOriginHeaders(stranger).Concat(CrossOriginHeaders(strangersPreflight)), Has.None.Contains("Allow-Origin"));
        }
    }

    private static async Task<HttpResponseMessage> Preflight(GatewayApp gateway, string origin)
    {
        using var client = gateway.Client();
        using var request = new HttpRequestMessage(HttpMethod.Options, "/orders");
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "authorization,idempotency-key");
        return await client.SendAsync(request);
    }

    private static async Task<HttpResponseMessage> Get(GatewayApp gateway, string origin, string path = "/products")
    {
        using var client = gateway.Client();
        client.DefaultRequestHeaders.Add("Origin", origin);
        return await client.GetAsync(path);
    }

    private static IEnumerable<string> CrossOriginHeaders(HttpResponseMessage answer) =>
        answer.Headers.Select(header => header.Key).Where(name => name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
}
