using System.Net;
using ShopSaga.Local.Commands;
using ShopSaga.Local.Running;
using ShopSaga.Local.Verifying;
using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

internal sealed class When_Orders_has_lost_its_price_list
{
    [Test]
    public async Task Should_know_all_prices_again_after_one_command()
    {
        using var customer = await CustomerClient.Register();
        var (sold, withdrawn) = (await TestOrder.ListProduct(stock: 5), await TestOrder.ListProduct(stock: 5));
        await (await TestOrder.Place(customer, sold)).WaitForStatus("CONFIRMED");
        await RunningSystem.Admin.Delete($"products/{withdrawn}");
        await SystemInvariants.ShouldHold();

        await ServiceDatabase.Execute("Orders", "TRUNCATE price_list");

        Assert.That((await Prices()).Violations, Is.Not.Empty, "Verify sees it");
        Assert.That(
            () => customer.PostOnce("orders", new { productId = sold, quantity = 1, paymentMethod = "CARD" }),
            Throws.TypeOf<HttpRequestException>().With.Property(nameof(HttpRequestException.StatusCode))
                .EqualTo(HttpStatusCode.BadRequest));

        var options = new StackOptions();
        var rebuilt = await RebuildPricesCommand.Rebuild(
            RunningSystem.Stack.Ports, RunningSystem.Stack.AdminConnectionString, options.AdminEmail, options.AdminPassword,
            CancellationToken.None);

        Assert.That(rebuilt.Violations, Is.Empty);
        await (await TestOrder.Place(customer, sold)).WaitForStatus("CONFIRMED");
        await SystemInvariants.ShouldHold();
    }

    private static async Task<Invariant> Prices()
    {
        var address = RunningSystem.Stack.AdminConnectionString;
        return Invariants.Prices(
            await SystemState.ReadCatalogue(address, CancellationToken.None),
            await SystemState.ReadPriceList(address, CancellationToken.None));
    }
}
