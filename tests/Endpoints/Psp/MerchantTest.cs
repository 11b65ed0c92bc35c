namespace ShopSaga.Tests.Endpoints.Psp;

/// <summary>Each class of tests has a provider with books of its own.</summary>
internal abstract class MerchantTest
{
    protected Merchant Merchant { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task Open() => Merchant = await Merchant.Start();

    [OneTimeTearDown]
    public async Task Close() => await Merchant.DisposeAsync();
}
