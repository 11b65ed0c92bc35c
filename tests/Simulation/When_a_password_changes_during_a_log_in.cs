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
        await using var shop = await SimulatedShop.Open();
        Assert.That(await FirstFailure(shop, Random.Shared.Next(1_000_000_000), Histories), Is.Null);
    }

    [Test]
    public async Task Should_find_a_log_in_that_does_not_lock_the_account()
    {
        const string Variable = "SHOPSAGA_POSTGRES";
        var server = new NpgsqlConnectionStringBuilder(Environment.GetEnvironmentVariable(Variable));
        var direct = server.ToString();
        using var proxy = new EditingProxy(new DnsEndPoint(server.Host!, server.Port), "FOR SHARE");
        proxy.Start();
        server.Port = proxy.Port;
        Environment.SetEnvironmentVariable(Variable, server.ToString());
        try
        {
            await using var shop = await SimulatedShop.Open();
            var found = await FirstFailure(shop, 1, HistoriesWithFault);
            Assert.That(found, Is.Not.Null, $"not found in {HistoriesWithFault} histories");
            TestContext.Out.WriteLine(found);
        }
        finally
        {
            Environment.SetEnvironmentVariable(Variable, direct);
        }
    }

    private static async Task<string?> FirstFailure(SimulatedShop shop, int first, int histories)
    {
        // Tokens are validated by the clock on the wall.
        shop.Clock.Now = DateTimeOffset.UtcNow;
        await shop.Databases.Execute("Users", "UPDATE signing_keys SET signs_from = 'epoch'");
        for (var seed = first; seed < first + histories; seed++)
        {
            shop.Story.Begin();
            var email = $"user{seed}@shop.test";
            await Ask(shop, HttpMethod.Post, "/users", new { email, password = Old, name = "User" });
            var (_, session) = await Ask(shop, HttpMethod.Post, "/auth/login", new { email, password = Old });
            var token = session!["accessToken"]!.GetValue<string>();
            var changed = 0;
            await using (var scheduler = await Scheduler.Create(shop, seed, ExpectedSteps))
            {
                await scheduler.Run(
                    ("log-in", _ => Ask(shop, HttpMethod.Post, "/auth/login", new { email, password = Old })),
                    ("change", async _ => changed = (await Ask(
                        shop, HttpMethod.Put, "/users/me/password", new { currentPassword = Old, newPassword = New }, token)).Status));
            }

            var sessions = (await shop.Databases.Query<long>(
                "Users",
                "SELECT refresh_families.id FROM refresh_families JOIN users ON user_id = users.id WHERE email = @email",
                new { email })).Count;
            if (changed == 204 && sessions > 0)
            {
                return $"seed {seed}: {sessions} sessions of the old password\n{shop.Story}";
            }
        }

        return null;
    }

    private static async Task<(int Status, JsonNode? Body)> Ask(
        SimulatedShop shop, HttpMethod method, string path, object body, string? token = null)
    {
        shop.Story.Step($"{method} {path}");
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = JsonContent.Create(body) };
        var answer = await shop.Users.Send(request, token);
        shop.Story.Add($"→ {answer.Status}");
        return answer;
    }
}
