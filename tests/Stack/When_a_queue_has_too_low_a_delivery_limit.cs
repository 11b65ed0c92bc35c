using System.Net.Http.Json;
using ShopSaga.Local.Processes;
using ShopSaga.Local.Servers;

namespace ShopSaga.Tests.Stack;

/// <summary>A policy of an operator takes the place of the shop's.</summary>
public class When_a_queue_has_too_low_a_delivery_limit
{
    [TestCase(5)]
    [TestCase(19)]
    public async Task Should_refuse_to_start(int limit) => Assert.That(
        await FindProblem(limit), Does.Contain($"ShopSaga.Orders after {limit} deliveries (policy of-an-operator-{limit},"));

    [TestCase(20)]
    [TestCase(int.MaxValue)]
    public async Task Should_start_with_the_default_of_the_broker_and_more(int limit) =>
        Assert.That(await FindProblem(limit), Is.Null);

    private static async Task<string?> FindProblem(int limit)
    {
        using var http = ManagementApi.Client(RunningSystem.Stack.BrokerManagementAddress!);
        var policy = $"of-an-operator-{limit}";
        using var put = await http.PutAsJsonAsync(
            $"api/policies/%2F/{policy}",
            new Dictionary<string, object>
            {
                ["pattern"] = @"^ShopSaga\.Orders$",
                ["apply-to"] = "queues",
                ["priority"] = 100,
                ["definition"] = new Dictionary<string, object> { ["delivery-limit"] = limit },
            });
        put.EnsureSuccessStatusCode();
        try
        {
            await Eventually.Is(
                async () => (await http.GetStringAsync("api/queues/%2F?columns=name,policy")).Contains(
                    $"\"{policy}\"", StringComparison.Ordinal),
                "the policy is in force");

            await BrokerPolicy.Check(http, "%2F", CancellationToken.None);
            return null;
        }
        catch (CannotStartException refusal)
        {
            return refusal.Message;
        }
        finally
        {
            using var delete = await http.DeleteAsync($"api/policies/%2F/{policy}");
        }
    }
}
