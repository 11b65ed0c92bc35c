using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Dapper;
using Npgsql;
using ShopSaga.Contracts.Users;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Users;

internal sealed class When_a_user_registers : UsersFixture
{
    [Test]
    public async Task Should_answer_the_account_and_ignore_members_that_a_client_must_not_choose()
    {
        using var client = App.Anonymous();
        using var answer = await client.PostAsJsonAsync(
            "/users", new { email = "Ann@Shop.test", password = UsersApp.Password, name = "Ann 🦊 안녕", role = "admin", id = 7777 });

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(answer.Headers.Location?.OriginalString, Is.EqualTo("/users/me"));
        var user = await answer.Content.ReadFromJsonAsync<JsonElement>();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(user.EnumerateObject().Select(member => member.Name), Is.EqualTo(new[] { "id", "email", "name", "role" }));
            Assert.That(user.GetProperty("id").GetInt64(), Is.Not.EqualTo(7777));
            Assert.That(user.GetProperty("email").GetString(), Is.EqualTo("Ann@Shop.test"));
            Assert.That(user.GetProperty("name").GetString(), Is.EqualTo("Ann 🦊 안녕"));
            Assert.That(user.GetProperty("role").GetString(), Is.EqualTo("customer"));
        }
    }

    [Test]
    public async Task Should_publish_UserRegistered()
    {
        await using var registered = await Subscription<UserRegistered>.On(App.Broker);
        var user = await App.Register("published@shop.test", "Pub Lished");

        var id = user.GetProperty("id").GetInt64();
        var published = await registered.Next(happened => happened.UserId == id);
        Assert.That((published.Email, published.Name), Is.EqualTo(("published@shop.test", "Pub Lished")));
    }

    [Test]
    public async Task Should_accept_values_of_the_greatest_length()
    {
        using var client = App.Anonymous();
        using var answer = await client.PostAsJsonAsync("/users", new
        {
            email = new string('e', 244) + "@shop.test",
            password = string.Concat(Enumerable.Repeat("🦊", 128)),
            name = string.Concat(Enumerable.Repeat("🦊", 200)),
        });
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Created), await answer.Content.ReadAsStringAsync());
    }

    [TestCase("""{"password":"12345678","name":"A"}""", "email")]
    [TestCase("""{"email":"no address","password":"12345678","name":"A"}""", "email")]
    [TestCase("""{"email":"a@b@c","password":"12345678","name":"A"}""", "email")]
    [TestCase("""{"email":"@b.c","password":"12345678","name":"A"}""", "email")]
    [TestCase("""{"email":"a@","password":"12345678","name":"A"}""", "email")]
    [TestCase("""{"email":"a@b\r\nBcc: c@d","password":"12345678","name":"A"}""", "email")]
    [TestCase("""{"email":"a@b\n","password":"12345678","name":"A"}""", "email")]
    [TestCase("""{"email":"a\u0000@b.c","password":"12345678","name":"A"}""", "email")]
    [TestCase("""{"email":"a@b.c","password":"1234567","name":"A"}""", "password")]
    [TestCase("""{"email":"a@b.c","password":12345678,"name":"A"}""", "password")]
    [TestCase("""{"email":"a@b.c","password":"12345678","name":""}""", "name")]
    [TestCase("""{"email":"a@b.c","password":"12345678","name":" \t "}""", "name")]
    [TestCase("""{"email":"a@b.c","password":"12345678"}""", "name")]
    [TestCase("""{"email":null,"password":"1","name":7}""", "email", "password", "name")]
    [TestCase("""[]""", "body")]
    public async Task Should_refuse_and_name_the_member(string json, params string[] members)
    {
        using var client = App.Anonymous();
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync("/users", content);
        await Problem.Expect(answer, HttpStatusCode.BadRequest, "validation", members);
    }

    [TestCase(129, 1, "password")]
    [TestCase(8, 201, "name")]
    public async Task Should_refuse_values_that_are_too_long(int passwordLength, int nameLength, string member)
    {
        using var client = App.Anonymous();
        using var answer = await client.PostAsJsonAsync(
            "/users", new { email = "long@shop.test", password = new string('p', passwordLength), name = new string('n', nameLength) });
        await Problem.Expect(answer, HttpStatusCode.BadRequest, "validation", member);
    }

    [Test]
    public async Task Should_refuse_an_address_that_is_taken_in_any_case()
    {
        await App.Register("taken@shop.test");
        using var client = App.Anonymous();
        using var answer = await client.PostAsJsonAsync(
            "/users", new { email = "TAKEN@shop.Test", password = UsersApp.Password, name = "B" });
        await Problem.Expect(answer, HttpStatusCode.Conflict, "email-taken");
    }

    [Test]
    public async Task Should_let_exactly_one_of_many_at_once_have_the_address()
    {
        using var client = App.Anonymous();
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(number => client.PostAsJsonAsync(
            "/users",
            new { email = number % 2 == 0 ? "race@shop.test" : "RACE@shop.test", password = UsersApp.Password, name = $"{number}" })));

        Assert.That(answers.Count(answer => answer.StatusCode == HttpStatusCode.Created), Is.EqualTo(1));
        Assert.That(answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict), Is.EqualTo(11));
        await using var database = new NpgsqlConnection(App.Database);
        Assert.That(
            await database.ExecuteScalarAsync<long>("SELECT count(*) FROM users WHERE lower(email) = 'race@shop.test'"), Is.EqualTo(1));
    }

    [Test]
    public async Task Should_open_the_first_administrators_account_once_however_many_instances_start()
    {
        var others = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => App.StartAnother())));
        foreach (var other in others)
        {
            await other.DisposeAsync();
        }

        await using var database = new NpgsqlConnection(App.Database);
        Assert.That(await database.ExecuteScalarAsync<long>("SELECT count(*) FROM users WHERE role = 'admin'"), Is.EqualTo(1));
        Assert.That(await database.ExecuteScalarAsync<long>("SELECT count(*) FROM signing_keys"), Is.EqualTo(1));
    }

    [Test]
    public async Task Should_store_no_password()
    {
        await App.Register("stored@shop.test");
        await using var database = new NpgsqlConnection(App.Database);
        var row = await database.ExecuteScalarAsync<string>("SELECT users::text FROM users WHERE email = 'stored@shop.test'");
        Assert.That(row, Does.Not.Contain(UsersApp.Password));
    }
}
