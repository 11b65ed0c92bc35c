using System.Net.Http.Json;
using Microsoft.Playwright;
using ShopSaga.Tests.Browser.Support;
using static Microsoft.Playwright.Assertions;

namespace ShopSaga.Tests.Browser;

public class When_a_customer_shops
{
    [Test]
    public async Task Should_find_a_product_order_it_and_watch_the_order_to_its_end()
    {
        await using var customer = await Person.Arrives();
        await customer.Opens("/account/register");
        await customer.Shows("register");
        await customer.Registers();
        await customer.Shows("shop");

        await customer.Page.Locator("#q").FillAsync("keyb");
        await customer.Page.Locator("main").GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await Expect(customer.Page.Locator(".product")).ToHaveCountAsync(1);
        await customer.Page.GetByRole(AriaRole.Link, new() { Name = "Keyboard" }).ClickAsync();
        await Expect(customer.Page.GetByRole(AriaRole.Heading, new() { Name = "Keyboard" })).ToBeVisibleAsync();
        await customer.Shows("product");
        await customer.Page.Locator("#quantity").FillAsync("2");
        await customer.Page.GetByRole(AriaRole.Button, new() { Name = "Put into the cart" }).ClickAsync();
        await Expect(customer.Page.Locator(".total")).ToContainTextAsync("₩178,000");
        await customer.Page.Locator("summary").ClickAsync();
        await customer.Shows("cart");
        await customer.Page.GetByRole(AriaRole.Button, new() { Name = "Order now" }).ClickAsync();

        await customer.Sees("CONFIRMED");
        await customer.SeesEvents("OrderPlaced", "StockReserved", "PaymentCompleted", "OrderConfirmed", "StockCommitted");
        await Expect(customer.Page.Locator(".event.forward")).ToHaveCountAsync(8);
        await customer.Shows("order-confirmed");

        await customer.Opens("/shop/orders?status=CONFIRMED");
        await Expect(customer.Page.Locator(".lines li")).ToHaveCountAsync(1);
        await customer.Shows("orders");
        await customer.Opens("/shop/orders?status=PENDING");
        await Expect(customer.Page.GetByText("No order has this status.")).ToBeVisibleAsync();
    }

    [Test]
    public async Task Should_turn_the_pages_of_the_catalogue()
    {
        await Task.WhenAll(Enumerable.Range(1, 25).Select(number => RunningShop.Admin.PostAsJsonAsync(
            "products", new { name = $"🎈 Balloon {number}", category = "Balloons", price = 500, stockQuantity = 10 })));
        await using var customer = await Person.Arrives();
        await customer.Opens("/shop?category=Balloons");
        await Expect(customer.Page.Locator(".product")).ToHaveCountAsync(24);
        await Expect(customer.Page.Locator(".swatch").First).ToHaveTextAsync("🎈");

        await customer.Page.GetByRole(AriaRole.Link, new() { Name = "Next page" }).ClickAsync();
        await Expect(customer.Page.Locator(".product")).ToHaveCountAsync(1);
        await Expect(customer.Page.Locator("#category")).ToHaveValueAsync("Balloons");

        await customer.Page.GetByRole(AriaRole.Link, new() { Name = "First page" }).ClickAsync();
        await Expect(customer.Page.Locator(".product")).ToHaveCountAsync(24);
    }

    [Test]
    public async Task Should_change_the_cart_until_it_is_empty()
    {
        var ruler = await Catalogue.List("Ruler", "Paper", 2_000, 10);
        await using var customer = await Person.Arrives();
        await customer.HasRegistered();
        await customer.Opens($"/shop/products/{ruler}");
        await customer.Page.GetByRole(AriaRole.Button, new() { Name = "Put into the cart" }).ClickAsync();
        await customer.Page.GetByLabel("Quantity of Ruler", new() { Exact = true }).FillAsync("3");
        await customer.Page.GetByRole(AriaRole.Button, new() { Name = "Change the quantity of Ruler" }).ClickAsync();
        await Expect(customer.Page.Locator(".total")).ToContainTextAsync("₩6,000");

        await customer.Page.GetByRole(AriaRole.Button, new() { Name = "Remove Ruler" }).ClickAsync();

        await Expect(customer.Page.GetByText("The cart is empty.")).ToBeVisibleAsync();
    }

    [Test]
    public async Task Should_turn_the_pages_of_the_orders()
    {
        var stamp = await Catalogue.List("Stamp", "Paper", 500, 100);
        await using var customer = await Person.Arrives();
        await customer.HasRegistered();
        using var api = new HttpClient(new LoggedIn(customer.Email, customer.Password)) { BaseAddress = RunningShop.Stack.GatewayAddress };
        await Task.WhenAll(Enumerable.Range(1, 21).Select(_ =>
            api.PostAsJsonAsync("orders", new { productId = stamp, quantity = 1, paymentMethod = "CARD" })));
        await customer.Opens("/shop/orders");
        await Expect(customer.Page.Locator(".lines li")).ToHaveCountAsync(20);

        await customer.Page.GetByRole(AriaRole.Link, new() { Name = "Next page" }).ClickAsync();

        await Expect(customer.Page.Locator(".lines li")).ToHaveCountAsync(1);
    }

    [Test]
    public async Task Should_see_what_a_declined_card_gives_back()
    {
        var pen = await Catalogue.List("Pen", "Paper", 3_000, 10);
        await using var customer = await Person.Arrives();
        await customer.HasRegistered();

        await customer.Orders(pen, method: "CARD_DECLINED");

        await customer.Sees("CANCELLED");
        await customer.SeesEvents("OrderPlaced", "StockReserved", "PaymentFailed", "OrderCancelled", "StockReleased");
        await Expect(customer.Page.GetByText("The payment was declined.")).ToBeVisibleAsync();
        await Expect(customer.Page.GetByText("the reserved goods")).ToBeVisibleAsync();
        await customer.Shows("order-declined");
    }

    [Test]
    public async Task Should_change_name_and_password_and_log_in_with_the_new_one()
    {
        await using var customer = await Person.Arrives();
        await customer.HasRegistered();
        await customer.Opens("/account");
        await customer.Page.Locator("#name").FillAsync("Ann Lee");
        await customer.Page.GetByRole(AriaRole.Button, new() { Name = "Change the name" }).ClickAsync();
        await Expect(customer.Page.Locator(".tools")).ToContainTextAsync("Ann Lee");
        await customer.Page.Locator("#currentPassword").FillAsync("not the password");
        await customer.Page.Locator("#newPassword").FillAsync("another password");
        await customer.Page.GetByRole(AriaRole.Button, new() { Name = "Change the password" }).ClickAsync();
        await Expect(customer.Page.Locator("#currentPassword-error")).ToBeVisibleAsync();
        await customer.Shows("account");

        await customer.Page.Locator("#currentPassword").FillAsync(customer.Password);
        await customer.Page.Locator("#newPassword").FillAsync("another password");
        await customer.Page.GetByRole(AriaRole.Button, new() { Name = "Change the password" }).ClickAsync();
        await Expect(customer.Page.GetByText("Your password is changed.")).ToBeVisibleAsync();
        await customer.Page.GetByRole(AriaRole.Button, new() { Name = "Log out" }).ClickAsync();
        await Expect(customer.Page.GetByRole(AriaRole.Link, new() { Name = "Log in", Exact = true })).ToBeVisibleAsync();

        await customer.LogsIn(customer.Email, "another password");
    }

    [Test]
    public async Task Should_take_the_data_along_and_close_the_account()
    {
        await using var customer = await Person.Arrives();
        await customer.HasRegistered();
        await customer.Opens("/account");
        var download = await customer.Page.RunAndWaitForDownloadAsync(() =>
            customer.Page.GetByRole(AriaRole.Link, new() { Name = "Download" }).ClickAsync());
        Assert.That(await File.ReadAllTextAsync(await download.PathAsync()), Does.Contain(customer.Email).And.Contains("\"orders\""));

        await customer.Page.Locator("summary").ClickAsync();
        await customer.Page.Locator("#password").FillAsync(customer.Password);
        await customer.Page.GetByRole(AriaRole.Button, new() { Name = "Yes, close my account" }).ClickAsync();

        await Expect(customer.Page.GetByRole(AriaRole.Heading, new() { Name = "The account is closed" })).ToBeVisibleAsync();
        await customer.Shows("account-closed");
        await customer.Opens("/account/login");
        await customer.Page.Locator("#email").FillAsync(customer.Email);
        await customer.Page.Locator("#password").FillAsync(customer.Password);
        await customer.Page.Locator("main form button").ClickAsync();
        await Expect(customer.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("E-mail or password is wrong.");
    }

    [Test]
    public async Task Should_be_told_in_plain_words_what_is_wrong()
    {
        await using var customer = await Person.Arrives();
        await customer.Opens("/account/login?returnUrl=/shop/orders");
        await customer.Page.Locator("#email").FillAsync(customer.Email);
        await customer.Page.Locator("#password").FillAsync("a wrong password");
        await customer.Page.Locator("main form button").ClickAsync();
        await Expect(customer.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("E-mail or password is wrong.");
        await customer.Shows("login-refused");

        await customer.Opens("/shop/products/999999");
        await Expect(customer.Page.GetByRole(AriaRole.Heading, new() { Name = "Not found" })).ToBeVisibleAsync();
        await customer.Opens("/shop/no-such-page");
        await Expect(customer.Page.GetByRole(AriaRole.Heading, new() { Name = "Not found" })).ToBeVisibleAsync();
        await customer.Shows("not-found");
    }
}
