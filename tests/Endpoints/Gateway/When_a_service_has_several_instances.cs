using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace ShopSaga.Tests.Endpoints.Gateway;

[TestFixture]
internal sealed class When_a_service_has_several_instances
{
    [Test]
    public async Task Should_spread_requests_over_all_instances()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks, instances: 3);
        using var client = gateway.Client();
        Assert.That((await InstancesThatServed(client, 60)).Distinct(), Is.EquivalentTo(new[] { 1, 2, 3 }));
    }

    [Test]
    public async Task Should_lose_no_request_when_an_instance_is_gone_and_use_it_again_when_it_is_back()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks, instances: 2);
        using var client = gateway.Client();
        await gateway.StopService(1);
        Assert.That(await InstancesThatServed(client, 40), Is.All.EqualTo(2));

        await gateway.StartService(1);
        Assert.That(async () => await InstancesThatServed(client, 4), Does.Contain(1).After(30).Seconds.PollEvery(200));
    }

    [Test]
    public async Task Should_pass_a_body_on_to_another_instance_when_the_first_cannot_be_reached()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks, instances: 2);
        using var client = gateway.Client(TestTokens.Customer(1));
        await gateway.StopService(2);
        for (var number = 0; number < 20; number++)
        {
            using var answer = await client.PostAsJsonAsync("/orders", new { number });
            var seen = await answer.Content.ReadFromJsonAsync<JsonElement>();
            Assert.That(seen.GetProperty("body").GetString(), Is.EqualTo($$"""{"number":{{number}}}"""));
        }
    }

    [Test]
    public async Task Should_be_ready_while_one_instance_is_and_answer_503_when_none_is()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks, instances: 2);
        using var client = gateway.Client();
        await gateway.StopService(1);
        using var ready = await client.GetAsync("/health/ready");
        Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK));

        await gateway.StopService(2);
        using var unready = await client.GetAsync("/health/ready");
        await Problem.Expect(unready, HttpStatusCode.ServiceUnavailable, "unavailable");
        using var refused = await client.GetAsync("/products");
        await Problem.Expect(refused, HttpStatusCode.ServiceUnavailable, "unavailable");
        Assert.That(refused.Headers.RetryAfter?.Delta, Is.GreaterThan(TimeSpan.Zero));
    }

    private static async Task<List<int>> InstancesThatServed(HttpClient client, int requests)
    {
        var instances = new List<int>();
        for (var number = 0; number < requests; number++)
        {
            using var answer = await client.GetAsync("/products");
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            instances.Add((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("instance").GetInt32());
        }

        return instances;
    }
}
