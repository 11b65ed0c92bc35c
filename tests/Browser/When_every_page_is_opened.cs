using System.Net.Http.Json;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Microsoft.Playwright;
using ShopSaga.Tests.Browser.Support;
using ShopSaga.Web.Shared;

namespace ShopSaga.Tests.Browser;

public class When_every_page_is_opened
{
    [Test]
    public async Task Should_be_readable_in_Korean_on_a_phone_in_the_dark()
    {
        var umbrella = await Catalogue.List("Umbrella", "Rain", 14_000, 10);
        using var placed = await RunningShop.Admin.PostAsJsonAsync(
            "orders", new { productId = umbrella, quantity = 1, paymentMethod = "CARD" });
        var order = (await placed.Content.ReadFromJsonAsync<JsonNode>())!["id"];
        await using var visitor = await Person.Arrives(width: 390, height: 844, locale: "ko-KR", theme: ColorScheme.Dark);
        await visitor.HasLoggedIn(RunningShop.AdminAccount.Email, RunningShop.AdminAccount.Password);
        using (Assert.EnterMultipleScope())
        {
            foreach (var route in Routes())
            {
                await visitor.Opens(route switch
                {
                    "/shop/orders/{Id:long}" => $"/shop/orders/{order}",
                    "/control-room/messages/{Id}" => "/control-room/messages/none",
                    "/account/problem/{Status:int}" => "/account/problem/500",
                    _ => route.Replace("{Id:long}", $"{umbrella}", StringComparison.Ordinal),
                });
                if (route == "/control-room")
                {
                    await Assertions.Expect(visitor.Page.GetByTestId("queues")).ToContainTextAsync("ShopSaga.Orders");
                }

                var name = route.Split(':', '}')[0].Replace('/', '-').Replace("{", "", StringComparison.Ordinal);
                await visitor.Shows("dark-korean-phone" + name);
            }
        }
    }

    private static IEnumerable<string> Routes() => typeof(App).Assembly.GetTypes()
        .SelectMany(page => page.GetCustomAttributes<RouteAttribute>()).Select(route => route.Template).Order(StringComparer.Ordinal);
}
