using System.Net;

namespace ShopSaga.Tests.Endpoints.Gateway;

internal sealed class When_the_api_is_browsed : GatewayFixture
{
    [Test]
    public async Task Should_be_shown_on_one_page_that_loads_nothing_from_elsewhere()
    {
        using var client = App.Client();
        using var page = await client.GetAsync("/swagger");
        var html = await page.Content.ReadAsStringAsync();
        var script = await client.GetStringAsync("/swagger/index.js");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(page.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(page.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/html"));
            Assert.That(page.Headers.GetValues("Content-Security-Policy").Single(), Does.Contain("script-src 'self';"));
            Assert.That(html, Does.Not.Match("(src|href)=\"(https?:)?//"));
            foreach (var service in new[] { "users", "products", "orders", "payments", "settlement" })
            {
                Assert.That(html + script, Does.Contain($"/openapi/{service}.json"));
            }
        }
    }
}
