using Microsoft.Playwright;
using ShopSaga.Local.Layout;
using ShopSaga.Tests.Browser.Support;
using static Microsoft.Playwright.Assertions;

namespace ShopSaga.Tests.Browser;

[NonParallelizable]
public class When_the_web_application_has_two_instances
{
    [Test]
    public async Task Should_go_on_at_one_with_the_session_of_the_other()
    {
        await using var customer = await Person.Arrives();
        await customer.Opens(AddressOf("Web") + "account/register");
        await customer.RegistersHere();
        await customer.Opens(AddressOf("Web-2") + "account");
        await customer.Page.Locator("#name").FillAsync("Ann Lee");
        await customer.Page.Locator("main form button").First.ClickAsync();
        await Expect(customer.Page.Locator(".tools")).ToContainTextAsync("Ann Lee");

        await customer.Opens(AddressOf("Web") + "account");

        await Expect(customer.Page.Locator(".tools")).ToContainTextAsync("Ann Lee");
    }

    [Test]
    public async Task Should_go_on_with_an_open_page_when_its_instance_is_killed()
    {
        var lantern = await Catalogue.List("Lantern", "Light", 21_000, 10);
        await using var customer = await Person.Arrives();
        await customer.HasRegistered();
        var requests = new List<string>();
        customer.Page.Request += (_, request) => requests.Add(request.Url);
        await customer.Orders(lantern);
        await customer.Sees("CONFIRMED");

        // One of the two has the page.
        foreach (var instance in new[] { "Web", "Web-2" })
        {
            await RunningShop.Stack.Kill(instance);
            await Asks(customer);
            await customer.Page.GetByRole(AriaRole.Button, new() { Name = "Keep it" }).ClickAsync();
            await Expect(Yes(customer)).ToHaveCountAsync(0);
            await RunningShop.Stack.Start(instance);
        }

        await Asks(customer);
        await Yes(customer).ClickAsync();
        await customer.Sees("CANCELLED");
        // A connection that takes several requests would be torn between instances where no cookie keeps them together.
        Assert.That(requests.Where(request => request.Contains("/_blazor/negotiate", StringComparison.Ordinal)), Is.Empty);
    }

    /// <summary>A click that the circuit answers; one that is made while there is none is lost.</summary>
    private static Task Asks(Person customer) => Eventually.Is(
        async () =>
        {
            var ask = customer.Page.Locator("main .btn-outline-danger");
            if (await ask.CountAsync() > 0 && await ask.IsEnabledAsync())
            {
                await ask.ClickAsync();
            }

            return await Yes(customer).IsVisibleAsync();
        },
        "the page asks whether to cancel");

    private static ILocator Yes(Person customer) => customer.Page.GetByRole(AriaRole.Button, new() { Name = "Yes, cancel it" });

    private static string AddressOf(string instance) => RunningShop.Stack.Ports.AddressOf(
        Topology.Instances(Topology.Find("Web"), 2).Single(each => each.Name == instance)).ToString();
}
