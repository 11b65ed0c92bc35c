using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace ShopSaga.Tests.Endpoints.Gateway;

internal sealed class When_access_tokens_are_checked : GatewayFixture
{
    [Test]
    public async Task Should_accept_a_token_that_users_signed() => Assert.That(await StatusWith(TestTokens.Customer(1)), Is.EqualTo(200));

    [TestCaseSource(nameof(Forged))]
    public async Task Should_refuse(string token)
    {
        using var client = App.Client();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        using var answer = await client.GetAsync("/cart");
        await Problem.Expect(answer, HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.That(answer.Headers.WwwAuthenticate.ToString(), Is.EqualTo("Bearer"));
    }

    [TestCase("Basic dXNlcjpwYXNz")]
    [TestCase("Bearer")]
    [TestCase("Bearer ")]
    [TestCase("bearer\tx")]
    public async Task Should_refuse_what_is_no_bearer_token(string header)
    {
        using var client = App.Client();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", header);
        using var answer = await client.GetAsync("/cart");
        await Problem.Expect(answer, HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Test]
    public async Task Should_serve_public_routes_with_any_token() =>
        Assert.That(await StatusWith("x.y.z", "/products"), Is.EqualTo(200));

    [Test]
    public async Task Should_log_no_failure_for_a_client_that_disconnects_while_keys_are_fetched()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks);
        var answer = new TaskCompletionSource();
        gateway.JwksAnswer = answer.Task;
        using var client = gateway.Client(TestTokens.Customer(1));
        var patient = client.GetAsync("/cart");
        Assert.That(() => gateway.JwksAsked, Is.EqualTo(1).After(20).Seconds.PollEvery(20));
        using var disconnect = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        Assert.That(async () => await client.GetAsync("/cart", disconnect.Token), Throws.InstanceOf<OperationCanceledException>());
        answer.SetResult();
        using var served = await patient;
        Assert.That(
            async () => (await client.GetAsync("/cart")).StatusCode, Is.EqualTo(HttpStatusCode.OK).After(20).Seconds.PollEvery(100));
        Assert.That(gateway.Log.GetSnapshot().Where(entry => entry.Exception is not null).Select(entry => entry.Message), Is.Empty);
    }

    [Test]
    public async Task Should_say_503_not_401_while_no_key_was_ever_fetched_and_recover_by_itself()
    {
        await using var gateway = await GatewayApp.Start(jwks: null);
        using var client = gateway.Client(TestTokens.Customer(1));
        using var early = await client.GetAsync("/cart");
        await Problem.Expect(early, HttpStatusCode.ServiceUnavailable, "unavailable");
        using var withoutToken = await gateway.Client().GetAsync("/cart");
        await Problem.Expect(withoutToken, HttpStatusCode.Unauthorized, "unauthenticated");
        using var withRubbish = await gateway.Client("rubbish").GetAsync("/cart");
        await Problem.Expect(withRubbish, HttpStatusCode.Unauthorized, "unauthenticated");
        using var anonymous = await client.GetAsync("/products");
        Assert.That(anonymous.StatusCode, Is.EqualTo(HttpStatusCode.OK));

        gateway.Jwks = TestTokens.Jwks;
        Assert.That(
            async () => (await client.GetAsync("/cart")).StatusCode, Is.EqualTo(HttpStatusCode.OK).After(10).Seconds.PollEvery(100));
    }

    [Test]
    public async Task Should_say_503_not_401_where_another_request_fetches_the_key_meanwhile()
    {
        await using var gateway = await GatewayApp.Start(jwks: null);
        using var client = gateway.Client(TestTokens.Customer(1));
        gateway.BeforeChallenge = async () =>
        {
            gateway.BeforeChallenge = () => Task.CompletedTask;
            gateway.Jwks = TestTokens.Jwks;
            await Eventually.Is(async () => (await client.GetAsync("/cart")).StatusCode == HttpStatusCode.OK, "the key is known");
        };

        using var early = await client.GetAsync("/cart");

        await Problem.Expect(early, HttpStatusCode.ServiceUnavailable, "unavailable");
        Assert.That(early.Headers.RetryAfter?.Delta, Is.GreaterThan(TimeSpan.Zero));
    }

    [Test]
    public async Task Should_say_503_not_401_to_the_first_token_of_a_new_key_while_users_is_down()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks);
        using var client = gateway.Client(TestTokens.Customer(1));
        using var known = await client.GetAsync("/cart");
        gateway.Jwks = null;

        using var rotated = gateway.Client(SignedBy(OtherKey("next-key")));
        await Eventually.Is(
            async () => (await rotated.GetAsync("/cart")).StatusCode == HttpStatusCode.ServiceUnavailable, "the token may be valid");
        using var after = await client.GetAsync("/cart");
        Assert.That((known.StatusCode, after.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
    }

    [Test]
    public async Task Should_keep_the_keys_while_users_is_down()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks);
        using var client = gateway.Client(TestTokens.Customer(1));
        using var before = await client.GetAsync("/cart");
        gateway.Jwks = null;
        using var after = await client.GetAsync("/cart");
        Assert.That((before.StatusCode, after.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
    }

    [Test]
    public async Task Should_fetch_a_new_key_when_a_token_names_it_but_not_for_each_forged_one()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks);
        using (var client = gateway.Client(TestTokens.Customer(1)))
        {
            using var known = await client.GetAsync("/cart");
            Assert.That(known.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        var next = new ECDsaSecurityKey(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = "next-key" };
        gateway.Jwks = TestTokens.JwksOf(next);
        var token = TestTokens.Sign(TestTokens.Claims(1, "customer"), new SigningCredentials(next, SecurityAlgorithms.EcdsaSha256));
        using var rotated = gateway.Client(token);
        Assert.That(
            async () => (await rotated.GetAsync("/cart")).StatusCode, Is.EqualTo(HttpStatusCode.OK).After(10).Seconds.PollEvery(100));

        var askedBefore = gateway.JwksAsked;
        using var forger = gateway.Client(SignedBy(OtherKey("random-key")));
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => forger.GetAsync("/cart")));
        Assert.That(gateway.JwksAsked - askedBefore, Is.LessThanOrEqualTo(3));
    }

    private static IEnumerable<TestCaseData> Forged()
    {
        var good = TestTokens.Customer(1);
        var parts = good.Split('.');
        var claims = TestTokens.Claims(1, "admin");
        yield return Case("no algorithm", $"{Part(new { alg = "none", typ = "JWT" })}.{parts[1]}.");
        yield return Case("no algorithm, with key id", $"{Part(new { alg = "none", kid = "test-key" })}.{parts[1]}.{parts[2]}");
        yield return Case("no signature", $"{parts[0]}.{parts[1]}.");
        yield return Case("two parts", $"{parts[0]}.{parts[1]}");
        yield return Case("signature of another token", $"{parts[0]}.{parts[1]}.{TestTokens.Customer(2).Split('.')[2]}");
        yield return Case("signature of zeros", $"{parts[0]}.{parts[1]}.{Base64UrlEncoder.Encode(new byte[64])}");
        yield return Case("claims changed", $"{parts[0]}.{Tampered(parts[1])}.{parts[2]}");
        yield return Case("HMAC with the public key set", Hmac(TestTokens.Jwks));
        yield return Case("HMAC with the public key", Hmac(TestTokens.Key.ECDsa.ExportSubjectPublicKeyInfoPem()));
        yield return Case("HMAC with the key's bytes", Hmac(TestTokens.Key.ECDsa.ExportSubjectPublicKeyInfo()));
        yield return Case("another key under the same id", SignedBy(OtherKey("test-key")));
        yield return Case("an unknown key", SignedBy(OtherKey("unknown")));
        yield return Case("no key id", SignedBy(OtherKey(null)));
        yield return Case("key in the header", WithHeader("jwk"));
        yield return Case("key address in the header", WithHeader("jku"));
        yield return Case("another issuer", TestTokens.Sign(claims, issuer: "http://evil.test"));
        yield return Case("another audience", TestTokens.Sign(claims, audience: "another"));
        yield return Case("expired", TestTokens.Sign(claims, expiresIn: TimeSpan.FromSeconds(-31)));
        yield return Case("not yet valid", TestTokens.Sign(claims, expiresIn: TimeSpan.FromHours(2)));
        yield return Case("rubbish", "rubbish");
        yield return Case("rubbish in three parts", "a.b.c");
        yield return Case("five parts", "a.b.c.d.e");
        yield return Case("rubbish around a token", $"{good}.x");
        yield return Case("dots", "...");
        yield return Case("long", new string('a', 8000));
        yield return Case("header that is no object", $"{Base64UrlEncoder.Encode("[]")}.{parts[1]}.{parts[2]}");
        yield return Case("key id that is no text", $"{Part(new { alg = "ES256", kid = new[] { 1 } })}.{parts[1]}.{parts[2]}");
    }

    private static TestCaseData Case(string name, string token) =>
        new TestCaseData(token).SetName($"Should_refuse_{name.Replace(' ', '_')}");

    private static string Part(object header) => Base64UrlEncoder.Encode(JsonSerializer.Serialize(header));

    private static string Tampered(string payload) =>
        Base64UrlEncoder.Encode(Base64UrlEncoder.Decode(payload).Replace("customer", "admin", StringComparison.Ordinal));

    private static string Hmac(string key) => Hmac(Encoding.UTF8.GetBytes(key));

    private static string Hmac(byte[] key) => TestTokens.Sign(
        TestTokens.Claims(1, "admin"),
        new SigningCredentials(new SymmetricSecurityKey(key) { KeyId = "test-key" }, SecurityAlgorithms.HmacSha256));

    private static ECDsaSecurityKey OtherKey(string? id) => new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = id };

    private static string SignedBy(ECDsaSecurityKey key) => TestTokens.Sign(
        TestTokens.Claims(1, "admin"), new SigningCredentials(key, SecurityAlgorithms.EcdsaSha256));

    private static string WithHeader(string kind)
    {
        var key = OtherKey("own");
        var jwk = JsonDocument.Parse(TestTokens.JwksOf(key)).RootElement.GetProperty("keys")[0];
        var header = kind == "jwk"
            ? Part(new { alg = "ES256", kid = "own", jwk })
            : Part(new { alg = "ES256", kid = "own", jku = "http://127.0.0.1:9/jwks.json" });
        var body = $"{header}.{TestTokens.Customer(1).Split('.')[1]}";
        return $"{body}.{Base64UrlEncoder.Encode(key.ECDsa.SignData(Encoding.ASCII.GetBytes(body), HashAlgorithmName.SHA256))}";
    }

    private async Task<int> StatusWith(string token, string path = "/cart")
    {
        using var client = App.Client(token);
        using var answer = await client.GetAsync(path);
        return (int)answer.StatusCode;
    }
}
