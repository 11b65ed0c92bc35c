using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Logging.Testing;
using ShopSaga.Gateway;

namespace ShopSaga.Tests.Endpoints.Gateway;

internal sealed class When_a_service_freezes
{
    private static readonly int Services = Enum.GetValues<Service>().Length;

    [Test]
    public async Task Should_end_reads_that_wait_for_it_once_its_probes_fail_and_serve_again_when_it_is_back()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks);
        using var client = gateway.Client();
        gateway.FreezeService();

        // The timeout of the gateway is a minute; that of the test is in between.
        using var waited = await client.GetAsync("/products").WaitAsync(TimeSpan.FromSeconds(40));
        await Problem.Expect(waited, HttpStatusCode.ServiceUnavailable, "unavailable");
        // Each service has a probe of its own, and one may have just been answered: until it fails, a command waits for its answer.
        Assert.That(() => Unhealthy(gateway).Count(), Is.EqualTo(Services).After(30).Seconds.PollEvery(200), "one for each service");
        using var refused = await client.PostAsJsonAsync("/auth/refresh", new { refreshToken = "any" }).WaitAsync(TimeSpan.FromSeconds(10));
        await Problem.Expect(refused, HttpStatusCode.ServiceUnavailable, "unavailable");

        gateway.ThawService();
        Assert.That(
            async () => (await client.GetAsync("/products")).StatusCode, Is.EqualTo(HttpStatusCode.OK).After(30).Seconds.PollEvery(200));
    }

    [Test]
    public async Task Should_log_one_line_without_a_stack_trace_for_each_service_that_dies()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks);
        await gateway.StopService();

        Assert.That(() => Unhealthy(gateway).Count(), Is.EqualTo(Services).After(30).Seconds.PollEvery(200), "one for each service");
        Assert.That(gateway.Log.GetSnapshot().Where(entry => entry.Exception is not null).Select(entry => entry.Category), Is.Empty);

        await gateway.StartService();
        Assert.That(
            () => gateway.Log.GetSnapshot().Count(entry => entry.Message.EndsWith("is healthy again", StringComparison.Ordinal)),
            Is.EqualTo(Services).After(30).Seconds.PollEvery(200));
        Assert.That(Unhealthy(gateway).Count(), Is.EqualTo(Services), "not one for each probe");
    }

    private static IEnumerable<FakeLogRecord> Unhealthy(GatewayApp gateway) =>
        gateway.Log.GetSnapshot().Where(entry => entry.Message.Contains("is unhealthy:", StringComparison.Ordinal));
}
