using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using Microsoft.IdentityModel.JsonWebTokens;
using Npgsql;
using ShopSaga.Tests.Endpoints.Support;
using ShopSaga.Users.Registering;

namespace ShopSaga.Tests.Endpoints.Users;

/// <summary>Each test has a service of its own and lets time pass by moving the keys back.</summary>
[TestFixture]
internal sealed class When_tokens_are_signed
{
    private ServiceApp<Registration> _users = null!;

    [SetUp]
    public async Task Start()
    {
        _users = await UsersApp.Start();
        await _users.Register("ann@shop.test");
    }

    [TearDown]
    public async Task Stop() => await _users.DisposeAsync();

    [Test]
    public async Task Should_store_keys_so_that_the_database_alone_cannot_sign()
    {
        await using var database = new NpgsqlConnection(_users.Database);
        var stored = await database.ExecuteScalarAsync<byte[]>("SELECT private_key FROM signing_keys");
        using var key = ECDsa.Create();
        Assert.That(() => key.ImportPkcs8PrivateKey(stored, out _), Throws.InstanceOf<CryptographicException>());

        await using var other = _users.StartAnother();
        var (access, _) = await other.LogIn("ann@shop.test");
        Assert.That(await StatusOf(access), Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("")]
    [TestCase("not base64!")]
    [TestCase("c2hvcnQ=")]
    public void Should_not_start_without_an_encryption_key(string key) =>
        Assert.That(
            () => _users.StartAnother(settings: new() { ["Signing:EncryptionKey"] = key }),
            Throws.InvalidOperationException.With.Message.Contains("Signing__EncryptionKey"));

    [Test]
    public void Should_not_start_with_another_encryption_key_than_before() =>
        Assert.That(
            () => _users.StartAnother(
                settings: new() { ["Signing:EncryptionKey"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) }),
            Throws.InvalidOperationException.With.Message.Contains("Signing__EncryptionKey"));

    [Test]
    public async Task Should_refuse_a_private_key_that_was_swapped_with_another()
    {
        await using var database = new NpgsqlConnection(_users.Database);
        await database.ExecuteAsync("UPDATE signing_keys SET private_key = set_byte(private_key, 40, get_byte(private_key, 40) # 1)");
        Assert.That(() => _users.StartAnother(), Throws.InvalidOperationException);
    }

    [Test]
    public async Task Should_rotate_keys_so_that_every_token_is_valid_for_its_whole_life()
    {
        var (first, _) = await _users.LogIn("ann@shop.test");
        var firstKey = KeyOf(first);

        await PassTime(TimeSpan.FromDays(31));
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(async () => await _users.StartAnother().DisposeAsync())));
        var published = await PublishedKeys();
        var nextKey = published.Single(key => key != firstKey);
        Assert.That(published, Is.EqualTo(new[] { nextKey, firstKey }), "published before it signs");
        Assert.That(KeyOf((await _users.LogIn("ann@shop.test")).Access), Is.EqualTo(firstKey));

        await PassTime(TimeSpan.FromMinutes(11));
        var (second, _) = await _users.LogIn("ann@shop.test");
        Assert.That(KeyOf(second), Is.EqualTo(nextKey));
        await _users.StartAnother().DisposeAsync();
        Assert.That(await PublishedKeys(), Is.EqualTo(new[] { nextKey, firstKey }), "kept while its tokens live");
        Assert.That((await StatusOf(first), await StatusOf(second)), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));

        await PassTime(TimeSpan.FromMinutes(31));
        await _users.StartAnother().DisposeAsync();
        Assert.That(await PublishedKeys(), Is.EqualTo(new[] { nextKey }), "and no longer");
    }

    [Test]
    public void Should_not_rotate_keys_faster_than_tokens_expire() =>
        Assert.That(
            () => _users.StartAnother(settings: new() { ["Signing:RotateEvery"] = "00:59:59" }),
            Throws.InvalidOperationException.With.Message.Contains("Signing__RotateEvery"));

    private async Task PassTime(TimeSpan time)
    {
        await using var database = new NpgsqlConnection(_users.Database);
        await database.ExecuteAsync("UPDATE signing_keys SET signs_from = signs_from - @time", new { time });
    }

    private async Task<string[]> PublishedKeys()
    {
        using var client = _users.Anonymous();
        var keys = await client.GetFromJsonAsync<JsonElement>("/.well-known/jwks.json");
        Assert.That(keys.GetRawText(), Does.Not.Contain("\"d\""));
        return [.. keys.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("kid").GetString()!)];
    }

    private async Task<HttpStatusCode> StatusOf(string access)
    {
        using var client = _users.With(access);
        using var me = await client.GetAsync("/users/me");
        return me.StatusCode;
    }

    private static string KeyOf(string access) => new JsonWebToken(access).Kid;
}
