using ShopSaga.Tests.Bus.Support;

// Scenarios mostly wait for the broker, so several run at a time; each has an endpoint, a database and message types of its own.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(4)]

namespace ShopSaga.Tests.Bus;

[SetUpFixture]
public class AssemblySetUp
{
    [OneTimeSetUp]
    public Task Connect() => Broker.Connect();

    [OneTimeTearDown]
    public Task Disconnect() => Broker.Disconnect();
}
