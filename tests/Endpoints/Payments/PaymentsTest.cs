namespace ShopSaga.Tests.Endpoints.Payments;

/// <summary>
/// Each fixture has a harness and a provider of its own, each test an order. After each test Payments and the provider must agree.
/// </summary>
internal abstract class PaymentsTest(double providerTimeout = 20)
{
    protected PaymentsHarness Harness { get; private set; } = null!;

    protected long OrderId { get; private set; }

    [OneTimeSetUp]
    public async Task Open()
    {
        Harness = await PaymentsHarness.Open(providerTimeout);
        // The first request takes long, which a test would take for a missing answer.
        await Harness.Provider.Void("order-0");
        await Harness.Provider.Find("order-0");
    }

    [OneTimeTearDown]
    public async Task Close() => await Harness.DisposeAsync();

    [SetUp]
    public void NextOrder() => OrderId++;

    [TearDown]
    public Task BooksBalance() => Harness.AssertBooksBalance();
}
