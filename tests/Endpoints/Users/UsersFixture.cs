using ShopSaga.Tests.Endpoints.Support;
using ShopSaga.Users.Registering;

namespace ShopSaga.Tests.Endpoints.Users;

/// <summary>One Users service for all tests of a fixture.</summary>
[FixtureLifeCycle(LifeCycle.SingleInstance)]
internal abstract class UsersFixture
{
    protected ServiceApp<Registration> App { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task Start() => App = await UsersApp.Start();

    [OneTimeTearDown]
    public async Task Stop() => await App.DisposeAsync();
}
