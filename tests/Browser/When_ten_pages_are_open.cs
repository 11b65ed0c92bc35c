using System.Globalization;
using ShopSaga.Tests.Browser.Support;
using static Microsoft.Playwright.Assertions;

namespace ShopSaga.Tests.Browser;

/// <summary>Pages that other tests open beside these would take memory, too.</summary>
[NonParallelizable]
public class When_ten_pages_are_open
{
    [Test]
    public async Task Should_serve_them_in_150_MiB()
    {
        await using var customer = await Person.Arrives();
        await customer.HasRegistered();
        await customer.Orders(await Catalogue.List("Drum", "Music", 12_000, 50));
        await customer.Sees("CONFIRMED");
        await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            var page = await customer.Page.Context.NewPageAsync();
            await page.GotoAsync(customer.Page.Url);
            await Expect(page.GetByTestId("timeline").Locator("li")).ToHaveCountAsync(5);
        }));

        var web = RunningShop.Stack.Processes.Single(process => process.Name == "Web").Pid;
        // Its share of what it has in memory: the framework's pages belong to all processes that run on it.
        var share = File.ReadLines($"/proc/{web}/smaps_rollup").First(line => line.StartsWith("Pss:", StringComparison.Ordinal));
        var mebibytes = int.Parse(share.Split(':')[1].Replace("kB", ""), CultureInfo.InvariantCulture) / 1024;
        TestContext.Out.WriteLine($"Web with ten open sessions: {mebibytes} MiB");

        Assert.That(mebibytes, Is.LessThan(150));
    }
}
