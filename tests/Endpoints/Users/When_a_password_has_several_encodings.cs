using Dapper;
using Microsoft.AspNetCore.Identity;
using Npgsql;

namespace ShopSaga.Tests.Endpoints.Users;

internal sealed class When_a_password_has_several_encodings : UsersFixture
{
    private const string Composed = "p\u00E4ssw\u00F6rd and more";
    private const string Decomposed = "pa\u0308sswo\u0308rd and more";
    private const string OtherSpaces = "p\u00E4ssw\u00F6rd\u00A0and\u3000more";

    [Test]
    public async Task Should_accept_each_of_them()
    {
        await App.Register("encodings@shop.test", password: Decomposed);

        await App.LogIn("encodings@shop.test", Composed);
        await App.LogIn("encodings@shop.test", Decomposed);
        await App.LogIn("encodings@shop.test", OtherSpaces);
    }

    [TestCase(Decomposed)]
    [TestCase(OtherSpaces)]
    public async Task Should_accept_a_hash_from_before_normalization_and_replace_it(string password)
    {
        var email = $"{Guid.NewGuid():N}@shop.test";
        await App.Register(email);
        await using var database = new NpgsqlConnection(App.Database);
        var hash = new PasswordHasher<object>().HashPassword(new(), password);
        await database.ExecuteAsync("UPDATE users SET password_hash = @hash WHERE email = @email", new { hash, email });

        await App.LogIn(email, password);
        await App.LogIn(email, Composed);
    }
}
