using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Npgsql;
using ShopSaga.Tests.Simulation.Interleaving;
using ShopSaga.Tests.Simulation.Shop;

namespace ShopSaga.Tests.Simulation;

/// <summary>No session that was begun with the old password outlives it, however the statements of the two requests interleave.</summary>
internal sealed class When_a_password_changes_during_a_log_in
{
    private const string Old = "the old password";
    private const string New = "the new password";
    private const int ExpectedSteps = 9;
    private const int Histories = 10;
    private const int HistoriesWithFault = 200;

    [Test]
    public async Task Should_leave_no_session_of_the_old_password()
    {
        await using var world = await World.Open();
        Assert.That(await FirstFailure(world, Random.Shared.Next(1_000_000_000), Histories), Is.Null);
    }

    [Test]
    public async Task Should_find_a_log_in_that_does_not_lock_the_account()
    {
        const string Variable = "SHOPSAGA_POSTGRES";
        var server = new NpgsqlConnectionStringBuilder(Environment.GetEnvironmentVariable(Variable));
        var direct = server.ToString();
        using var wire = new Wire(new DnsEndPoint(server.Host!, server.Port), "FOR SHARE");
        wire.Start();
        server.Port = wire.Port;
        Environment.SetEnvironmentVariable(Variable, server.ToString());
        try
        {
            await using var world = await World.Open();
            var found = await FirstFailure(world, 1, HistoriesWithFault);
            Assert.That(found, Is.Not.Null, $"not found in {HistoriesWithFault} histories");
            TestContext.Out.WriteLine(found);
        }
        finally
        {
            Environment.SetEnvironmentVariable(Variable, direct);
        }
    }

    private static async Task<string?> FirstFailure(World world, int first, int histories)
    {
        // Tokens are validated by the clock on the wall.
        world.Clock.Now = DateTimeOffset.UtcNow;
        await world.Databases.Execute("Users", "UPDATE signing_keys SET signs_from = 'epoch'");
        for (var seed = first; seed < first + histories; seed++)
        {
            world.Story.Begin();
            var email = $"user{seed}@shop.test";
            await Ask(world, HttpMethod.Post, "/users", new { email, password = Old, name = "User" });
            var (_, session) = await Ask(world, HttpMethod.Post, "/auth/login", new { email, password = Old });
            var token = session!["accessToken"]!.GetValue<string>();
            var changed = 0;
            await using (var scheduler = await Scheduler.Create(world, seed, ExpectedSteps))
            {
                await scheduler.Run(
                    ("log-in", _ => Ask(world, HttpMethod.Post, "/auth/login", new { email, password = Old })),
                    ("change", async _ => changed = (await Ask(
                        world, HttpMethod.Put, "/users/me/password", new { currentPassword = Old, newPassword = New }, token)).Status));
            }

            var sessions = (await world.Databases.Query<long>(
                "Users",
                "SELECT refresh_families.id FROM refresh_families JOIN users ON user_id = users.id WHERE email = @email",
                new { email })).Count;
            if (changed == 204 && sessions > 0)
            {
                return $"seed {seed}: {sessions} sessions of the old password\n{world.Story}";
            }
        }

        return null;
    }

    private static async Task<(int Status, JsonNode? Body)> Ask(
        World world, HttpMethod method, string path, object body, string? token = null)
    {
        world.Story.Step($"{method} {path}");
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = JsonContent.Create(body) };
        var answer = await world.Users.Send(request, token);
        world.Story.Add($"→ {answer.Status}");
        return answer;
    }
}
