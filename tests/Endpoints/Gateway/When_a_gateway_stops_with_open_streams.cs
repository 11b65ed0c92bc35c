namespace ShopSaga.Tests.Endpoints.Gateway;

[TestFixture]
internal sealed class When_a_gateway_stops_with_open_streams
{
    [Test]
    public async Task Should_pass_an_event_on_while_the_stream_goes_on_and_end_it_when_the_gateway_stops()
    {
        var gateway = await GatewayApp.Start(TestTokens.Jwks);
        using var client = gateway.Client(TestTokens.Customer(1));
        using var answer = await client.GetAsync("/orders/1/events", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.That(await reader.ReadLineAsync(), Is.EqualTo("event: status"));
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/event-stream"));

        var rest = reader.ReadToEndAsync();
        await gateway.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(25));
        Assert.That(async () => await rest, Throws.InstanceOf<IOException>());
    }
}
