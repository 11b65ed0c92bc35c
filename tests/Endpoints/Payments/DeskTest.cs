namespace ShopSaga.Tests.Endpoints.Payments;

/// <summary>Each class of tests has a desk and a provider of its own, each test an order; after each, the books of both must agree.</summary>
internal abstract class DeskTest(double providerTimeout = 20)
{
    protected PaymentDesk Desk { get; private set; } = null!;

    protected long OrderId { get; private set; }

    [OneTimeSetUp]
    public async Task Open()
    {
        Desk = await PaymentDesk.Open(providerTimeout);
        // The first request takes long; no test is to take that for a missing answer.
        await Desk.Provider.Void("order-0");
        await Desk.Provider.Find("order-0");
    }

    [OneTimeTearDown]
    public async Task Close() => await Desk.DisposeAsync();

    [SetUp]
    public void NextOrder() => OrderId++;

    [TearDown]
    public Task BooksBalance() => Desk.AssertBooksBalance();
}
