using Microsoft.Playwright;
using ShopSaga.Tests.Browser.Support;
using static Microsoft.Playwright.Assertions;

namespace ShopSaga.Tests.Browser;

public class When_two_browsers_show_one_order
{
    [Test]
    public async Task Should_see_in_one_what_is_cancelled_in_the_other()
    {
        var book = await Catalogue.List("Book", "Paper", 12_000, 10);
        await using var customer = await Person.Arrives();
        await customer.HasRegistered();
        var order = await customer.Orders(book, 2);
        await using var phone = await Person.Arrives(width: 390, height: 844);
        await phone.HasLoggedIn(customer.Email, customer.Password);
        await phone.Opens($"/shop/orders/{order}");
        await phone.Sees("CONFIRMED");
        await customer.Sees("CONFIRMED");

        await customer.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel the order" }).ClickAsync();
        await Expect(customer.Page.GetByRole(AriaRole.Button, new() { Name = "Yes, cancel it" })).ToBeFocusedAsync();
        await customer.Shows("order-cancel-question");
        await customer.Page.GetByRole(AriaRole.Button, new() { Name = "Yes, cancel it" }).ClickAsync();

        await customer.Sees("CANCELLED");
        await phone.Sees("CANCELLED");
        await phone.SeesEvents(
            "OrderPlaced", "StockReserved", "PaymentCompleted", "OrderConfirmed", "StockCommitted", "OrderCancelled", "PaymentRefunded",
            "StockReleased");
        await Expect(phone.Page.GetByText("₩24,000, the reserved goods")).ToBeVisibleAsync();
        await phone.Shows("phone-order-cancelled");
    }

    [Test]
    public async Task Should_replay_a_finished_order()
    {
        var book = await Catalogue.List("Atlas", "Paper", 15_000, 10);
        await using var customer = await Person.Arrives();
        await customer.HasRegistered();
        await customer.Orders(book);
        await customer.SeesEvents("OrderPlaced", "StockReserved", "PaymentCompleted", "OrderConfirmed", "StockCommitted");

        await customer.Page.GetByRole(AriaRole.Button, new() { Name = "Replay slowly" }).ClickAsync();

        await Expect(customer.Page.Locator(".event.now[data-event=OrderPlaced]")).ToHaveCountAsync(2);
        await Expect(customer.Page.Locator(".event.now[data-event=StockReserved]")).ToHaveCountAsync(2);
        await customer.Shows("order-replay");
    }
}
