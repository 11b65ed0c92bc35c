using System.Net;
using ShopSaga.Tests.Browser.Support;
using static Microsoft.Playwright.Assertions;

namespace ShopSaga.Tests.Browser;

[NonParallelizable]
public class When_orders_fail_in_the_laboratory
{
    private static readonly string[] Paid = ["OrderPlaced", "StockReserved", "PaymentCompleted", "OrderConfirmed", "StockCommitted"];

    [Test]
    public async Task Should_show_compensation_and_balanced_books()
    {
        await using var newcomer = await Person.Arrives();
        await newcomer.Opens("/laboratory");

        await Experiment(newcomer, "Cancelled after confirmation");
        await newcomer.Sees("CANCELLED");
        await newcomer.SeesEvents(
            "OrderPlaced", "StockReserved", "PaymentCompleted", "OrderConfirmed", "StockCommitted", "OrderCancelled", "PaymentRefunded",
            "StockReleased");
        await Expect(newcomer.Page.GetByTestId("books")).ToContainTextAsync("agree on");
        await newcomer.Shows("laboratory");
    }

    [Test]
    public Task Should_let_each_order_end_as_the_laboratory_says() => Task.WhenAll(
        Ends("Success", "CONFIRMED", Paid),
        Ends("Out of stock", "CANCELLED", "OrderPlaced", "StockRejected", "OrderCancelled"),
        Ends("Declined card", "CANCELLED", "OrderPlaced", "StockReserved", "PaymentFailed", "OrderCancelled", "StockReleased"),
        Ends("Unknown outcome", "CONFIRMED", Paid),
        Ends("Flaky provider", "CONFIRMED", Paid),
        Ends("Broker away for ten seconds", "CONFIRMED", Paid));

    [Test]
    public async Task Should_kill_a_service_and_see_the_order_go_on()
    {
        await using var newcomer = await Person.Arrives();
        await newcomer.Opens("/laboratory");

        await Experiment(newcomer, "Payments killed and back");

        await Expect(newcomer.Page.GetByText("Payments is killed, and comes back in 3 seconds.")).ToBeVisibleAsync();
        await newcomer.Sees("CONFIRMED");
        await newcomer.SeesEvents(Paid);
    }

    [Test]
    public async Task Should_let_no_stranger_kill_a_process()
    {
        using var stranger = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{RunningShop.Stack.Ports.Laboratory}/") };
        using var answer = await stranger.PostAsync("away/Payments?seconds=3", null);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    private static async Task Ends(string course, string status, params string[] events)
    {
        await using var newcomer = await Person.Arrives();
        await newcomer.Opens("/laboratory");
        await Experiment(newcomer, course);
        await newcomer.Sees(status);
        await newcomer.SeesEvents(events);
    }

    private static Task Experiment(Person newcomer, string name) =>
        newcomer.Page.Locator(".course", new() { HasText = name }).ClickAsync();
}
