using System.Net;
using ShopSaga.Local;
using ShopSaga.Local.Commands;
using ShopSaga.Local.Verifying;
using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

internal sealed class When_Orders_has_lost_its_price_list
{
    [Test]
    public async Task Should_know_all_prices_again_after_one_command()
    {
        using var customer = await Visitor.Register();
        var (sold, withdrawn) = (await Purchase.List(stock: 5), await Purchase.List(stock: 5));
        await (await Purchase.Place(customer, sold)).Becomes("CONFIRMED");
        await RunningSystem.Admin.Delete($"products/{withdrawn}");
        await TheBooks.Balance();

        await ServiceDatabase.Execute("Orders", "TRUNCATE price_list");

        Assert.That((await Prices()).Violations, Is.Not.Empty, "Verify sees it");
        Assert.That(
            () => customer.PostOnce("orders", new { productId = sold, quantity = 1, paymentMethod = "CARD" }),
            Throws.TypeOf<HttpRequestException>().With.Property(nameof(HttpRequestException.StatusCode)).EqualTo(HttpStatusCode.BadRequest));

        var options = new StackOptions();
        var rebuilt = await RebuildPricesCommand.Rebuild(
            RunningSystem.Stack.Ports, RunningSystem.Stack.AdminConnectionString, options.AdminEmail, options.AdminPassword, CancellationToken.None);

        Assert.That(rebuilt.Violations, Is.Empty);
        await (await Purchase.Place(customer, sold)).Becomes("CONFIRMED");
        await TheBooks.Balance();
    }

    private static async Task<Equality> Prices()
    {
        var address = RunningSystem.Stack.AdminConnectionString;
        return Books.Prices(await BookKeeping.Catalogued(address, CancellationToken.None), await BookKeeping.Priced(address, CancellationToken.None));
    }
}
