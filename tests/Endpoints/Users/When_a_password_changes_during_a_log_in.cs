using System.Net;
using System.Net.Http.Json;
using Dapper;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ShopSaga.Tests.Endpoints.Users;

/// <summary>A log-in verifies the password and then starts a session; locks hold it between the two, or just after.</summary>
internal sealed class When_a_password_changes_during_a_log_in : UsersFixture
{
    private const int PatienceMs = 60_000;
    private const string NewPassword = "another password";

    [Test]
    public async Task Should_not_start_a_session_for_the_old_password()
    {
        await App.Register("before@shop.test");
        await using var database = await Open();
        await using var change = await database.BeginTransactionAsync();
        await database.ExecuteAsync("LOCK TABLE refresh_families IN ACCESS EXCLUSIVE MODE");
        using var client = App.Anonymous();
        var logIn = client.PostAsJsonAsync("/auth/login", new { email = "before@shop.test", password = UsersApp.Password });
        await AwaitLockWaits(1);
        var hash = new PasswordHasher<object>().HashPassword(new(), NewPassword);
        await database.ExecuteAsync("UPDATE users SET password_hash = @hash WHERE email = 'before@shop.test'", new { hash });
        await change.CommitAsync();

        using var answer = await logIn;
        await Problem.Expect(answer, HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.That(await SessionsOf("before@shop.test"), Is.Zero);
    }

    [Test]
    public async Task Should_end_a_session_that_started_just_before_the_change()
    {
        await App.Register("after@shop.test");
        using var owner = App.With((await App.LogIn("after@shop.test")).Access);
        await using var database = await Open();
        await database.ExecuteAsync(
            """
            CREATE FUNCTION wait_for_test() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_advisory_xact_lock(77); RETURN NEW; END $$;
            CREATE TRIGGER wait_for_test BEFORE INSERT ON refresh_families FOR EACH ROW EXECUTE FUNCTION wait_for_test();
            SELECT pg_advisory_lock(77);
            """);
        try
        {
            var logIn = App.LogIn("after@shop.test");
            await AwaitLockWaits(1);
            var change = owner.PutAsJsonAsync(
                "/users/me/password", new { currentPassword = UsersApp.Password, newPassword = NewPassword });
            await AwaitLockWaits(2);
            await database.ExecuteAsync("SELECT pg_advisory_unlock(77)");

            await logIn;
            using var changed = await change;
            Assert.That(changed.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
            Assert.That(await SessionsOf("after@shop.test"), Is.Zero);
        }
        finally
        {
            await database.ExecuteAsync("DROP TRIGGER wait_for_test ON refresh_families");
        }
    }

    [Test]
    public async Task Should_log_in_every_time_when_a_weak_hash_is_replaced_by_many_at_once()
    {
        await App.Register("many@shop.test");
        var weakHasher = new PasswordHasher<object>(Options.Create(new PasswordHasherOptions { IterationCount = 1_000 }));
        var weak = weakHasher.HashPassword(new(), UsersApp.Password);
        await using var database = await Open();
        await database.ExecuteAsync("UPDATE users SET password_hash = @weak WHERE email = 'many@shop.test'", new { weak });

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => App.LogIn("many@shop.test")));

        Assert.That(await SessionsOf("many@shop.test"), Is.EqualTo(8));
    }

    private async Task<NpgsqlConnection> Open()
    {
        var database = new NpgsqlConnection(App.Database);
        await database.OpenAsync();
        return database;
    }

    private async Task AwaitLockWaits(int count)
    {
        await using var database = await Open();
        Assert.That(
            () => database.ExecuteScalar<long>(
                """
                SELECT count(DISTINCT pid) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                """),
            Is.EqualTo(count).After(PatienceMs, 20));
    }

    private async Task<long> SessionsOf(string email)
    {
        await using var database = await Open();
        return await database.ExecuteScalarAsync<long>(
            "SELECT count(*) FROM refresh_families JOIN users ON users.id = user_id WHERE email = @email", new { email });
    }
}
