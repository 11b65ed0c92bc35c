namespace ShopSaga.Tests.Endpoints.Gateway;

/// <summary>One gateway for all tests of a fixture, in front of services that echo requests.</summary>
[FixtureLifeCycle(LifeCycle.SingleInstance)]
internal abstract class GatewayFixture
{
    protected GatewayApp App { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task Start() => App = await GatewayApp.Start(TestTokens.Jwks);

    [OneTimeTearDown]
    public async Task Stop() => await App.DisposeAsync();
}
