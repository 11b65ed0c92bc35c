using Microsoft.Playwright;
using ShopSaga.Tests.Browser.Support;
using static Microsoft.Playwright.Assertions;

namespace ShopSaga.Tests.Browser;

public class When_an_administrator_works
{
    [Test]
    public async Task Should_list_change_and_withdraw_a_product_and_see_the_change_of_another()
    {
        await using var admin = await Administrator();
        var page = admin.Page;
        await admin.Opens("/admin/products");
        await admin.Shows("admin-products");
        await page.Locator("summary").ClickAsync();
        await page.Locator("#name").FillAsync("Globe");
        await page.Locator("#category").FillAsync("Maps");
        await page.Locator("#price").FillAsync("45000");
        await page.Locator("#stockQuantity").FillAsync("7");
        await page.GetByRole(AriaRole.Button, new() { Name = "Put on sale" }).ClickAsync();
        await Expect(page.GetByText("The product is on sale.")).ToBeVisibleAsync();
        var address = page.Url;

        await using var other = await Administrator();
        await other.Opens(new Uri(address).PathAndQuery);
        await other.Page.Locator("#price").FillAsync("50000");
        await other.Page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(other.Page.GetByText("The product is changed.")).ToBeVisibleAsync();

        await page.Locator("#name").FillAsync("Large globe");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByText("It is now: Globe, Maps, ₩50,000.")).ToBeVisibleAsync();
        await Expect(page.Locator("#name")).ToHaveValueAsync("Large globe");
        await admin.Shows("admin-conflict");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Large globe" })).ToBeVisibleAsync();

        await page.Locator("#delta").FillAsync("-2");
        await page.GetByRole(AriaRole.Button, new() { Name = "Change the stock" }).ClickAsync();
        await Expect(page.GetByText("The stock is changed.")).ToBeVisibleAsync();
        await page.Locator("summary").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Yes, take it off sale" }).ClickAsync();
        await page.WaitForURLAsync("**/admin/products");
    }

    [Test]
    public async Task Should_cancel_a_payment_and_read_the_books()
    {
        var map = await Catalogue.List("Map", "Maps", 11_000, 10);
        await using var customer = await Person.Arrives();
        await customer.HasRegistered();
        var order = await customer.Orders(map);
        await customer.Sees("CONFIRMED");

        await using var admin = await Administrator();
        await admin.Opens("/admin/find");
        await admin.Page.Locator("#order").FillAsync($"{order}");
        await admin.Page.Locator("main").GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await admin.Page.Locator("summary").ClickAsync();
        await admin.Shows("admin-find");
        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Yes, cancel the payment" }).ClickAsync();
        await Expect(admin.Page.GetByText("The refund is under way")).ToBeVisibleAsync();
        await customer.Sees("CANCELLED");
        await Expect(customer.Page.GetByText("The shop cancelled it.")).ToBeVisibleAsync();

        await admin.Opens("/admin/settlements");
        await Expect(admin.Page.Locator("tbody tr").First).ToContainTextAsync("open, live");
        await admin.Shows("admin-settlements");
        var download = await admin.Page.RunAndWaitForDownloadAsync(() =>
            admin.Page.GetByRole(AriaRole.Link, new() { Name = "CSV" }).First.ClickAsync());
        Assert.That(await File.ReadAllTextAsync(await download.PathAsync()), Does.StartWith("reportDate,totalAmount,"));

        // A payment of another test may be on its way into the ledger.
        await Eventually.Is(
            async () =>
            {
                await admin.Opens("/admin/reconciliation");
                return await admin.Page.GetByText("There is no difference.").IsVisibleAsync();
            },
            "the books agree");
        await admin.Shows("admin-reconciliation");
    }

    [Test]
    public async Task Should_close_a_day_once()
    {
        // The schedule closes days from the month before the first entry.
        var day = DateOnly.FromDateTime(DateTime.UtcNow).AddMonths(-3);
        await using var admin = await Administrator();
        await admin.Opens($"/admin/settlements?from={day:yyyy-MM-dd}&to={day:yyyy-MM-dd}");
        var row = admin.Page.Locator("tbody").First.Locator("tr");
        await row.GetByRole(AriaRole.Button).ClickAsync();

        await Expect(row).ToContainTextAsync("closed");
        await Expect(row.GetByRole(AriaRole.Button)).ToHaveCountAsync(0);
        await admin.Shows("admin-day-closed");
    }

    [Test]
    public async Task Should_keep_customers_out()
    {
        await using var customer = await Person.Arrives();
        await customer.HasRegistered();
        await customer.Opens("/admin/products");
        await Expect(customer.Page.GetByRole(AriaRole.Heading, new() { Name = "Only for administrators" })).ToBeVisibleAsync();
    }

    private static async Task<Person> Administrator()
    {
        var admin = await Person.Arrives();
        await admin.HasLoggedIn(RunningShop.AdminAccount.Email, RunningShop.AdminAccount.Password);
        return admin;
    }
}
