using System.Net;
using System.Net.Http.Json;
using Dapper;
using Microsoft.AspNetCore.Identity;
using Npgsql;

namespace ShopSaga.Tests.Endpoints.Users;

internal sealed class When_an_address_has_several_spellings : UsersFixture
{
    private const string Composed = "\u00E9";
    private const string Decomposed = "e\u0301";

    // As the version before email_key registered.
    private const string InsertOfPreviousVersion =
        """
        INSERT INTO users (email, password_hash, name, role, registered_at) VALUES (@email, @hash, 'Ann', 'customer', now())
        ON CONFLICT (lower(email)) DO NOTHING
        """;

    [TestCase("ren" + Composed + "@shop.test", "ren" + Decomposed + "@shop.test")]
    [TestCase("REN" + Decomposed + "E@shop.test", "ren" + Composed + "e@shop.test")]
    [TestCase("ann@b\u00FCcher.example", "ann@xn--bcher-kva.example")]
    [TestCase("\u03C3\u03C2@shop.test", "\u03A3\u03A3@shop.test")]
    public async Task Should_be_one_account(string registered, string other)
    {
        await App.Register(registered);
        using var client = App.Anonymous();

        using var again = await client.PostAsJsonAsync("/users", new { email = other, password = UsersApp.Password, name = "B" });
        await Problem.Expect(again, HttpStatusCode.Conflict, "email-taken");
        await App.LogIn(other);
    }

    [Test]
    public async Task Should_still_log_in_accounts_of_the_previous_version()
    {
        await Execute(InsertOfPreviousVersion, new { email = "Old@Shop.test", hash = Hash(UsersApp.Password) });
        await App.LogIn("Old@Shop.test");

        await using var next = App.StartAnother();
        await next.LogIn("OLD@shop.test");
        Assert.That(await KeysOf("Old@Shop.test"), Is.EqualTo(new[] { "old@shop.test" }));
    }

    [Test]
    public async Task Should_let_each_of_two_old_accounts_log_in_with_its_own_spelling()
    {
        await Execute(InsertOfPreviousVersion, new { email = $"twin{Composed}@shop.test", hash = Hash("password of the first") });
        await Execute(InsertOfPreviousVersion, new { email = $"twin{Decomposed}@shop.test", hash = Hash("password of the second") });

        await using var next = App.StartAnother();
        await next.LogIn($"twin{Composed}@shop.test", "password of the first");
        await next.LogIn($"twin{Decomposed}@shop.test", "password of the second");
        await next.LogIn($"TWIN{Composed.ToUpperInvariant()}@shop.test", "password of the first");
        Assert.That(await KeysOf($"twin{Decomposed}@shop.test"), Is.EqualTo(new string?[] { null }));
    }

    [Test]
    public async Task Should_let_the_previous_version_register_beside_this_one()
    {
        await App.Register("beside@shop.test");

        Assert.That(await Execute(InsertOfPreviousVersion, new { email = "BESIDE@shop.test", hash = "" }), Is.Zero);
        Assert.That(await Execute(InsertOfPreviousVersion, new { email = "beside2@shop.test", hash = "" }), Is.EqualTo(1));
    }

    private static string Hash(string password) => new PasswordHasher<object>().HashPassword(new(), password);

    private async Task<int> Execute(string sql, object parameters)
    {
        await using var database = new NpgsqlConnection(App.Database);
        return await database.ExecuteAsync(sql, parameters);
    }

    private async Task<IEnumerable<string?>> KeysOf(string email)
    {
        await using var database = new NpgsqlConnection(App.Database);
        return await database.QueryAsync<string?>("SELECT email_key FROM users WHERE email = @email", new { email });
    }
}
