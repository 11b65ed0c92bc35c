using Microsoft.Playwright;
using ShopSaga.Tests.Browser.Support;
using static Microsoft.Playwright.Assertions;

namespace ShopSaga.Tests.Browser;

/// <summary>The page follows the last order of the shop, whoever placed it, so no other test places one beside these.</summary>
[NonParallelizable]
public class When_a_newcomer_opens_the_front_page
{
    [Test]
    public async Task Should_explain_the_saga_to_a_newcomer_without_a_click()
    {
        await using var newcomer = await Person.Arrives();
        await newcomer.Opens("/");
        await Expect(newcomer.Page.Locator(".event.now[data-event=OrderPlaced]")).ToHaveCountAsync(2);
        await newcomer.Page.GetByRole(AriaRole.Button, new() { Name = "The customer cancels a confirmed order" }).ClickAsync();
        await Expect(newcomer.Page.Locator(".event.compensation").First).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await newcomer.Shows("front-page");
    }

    [Test]
    public async Task Should_show_a_newcomer_an_order_of_the_shop_as_it_happens()
    {
        var kite = await Catalogue.List("Kite", "Toys", 12_000, 50);
        await using var newcomer = await Person.Arrives();
        await newcomer.Opens("/");
        await Expect(newcomer.Page.Locator(".event.now").First).ToBeVisibleAsync();
        await using var customer = await Person.Arrives();
        await customer.HasRegistered();
        var order = await customer.Orders(kite, method: "CARD_DECLINED");

        await Expect(newcomer.Page.GetByTestId("live-order")).ToContainTextAsync($"Order {order}");
        await Expect(newcomer.Page.Locator(".event.failure[data-event=PaymentFailed]").First).ToBeVisibleAsync();
        await Expect(newcomer.Page.Locator(".event.compensation[data-event=StockReleased]").First).ToBeVisibleAsync();
        await newcomer.Shows("front-page-live");
    }
}
