using Microsoft.Playwright;
using ShopSaga.Tests.Browser.Support;
using static Microsoft.Playwright.Assertions;

namespace ShopSaga.Tests.Browser;

public class When_pages_are_used_differently
{
    [Test]
    public async Task Should_be_Korean_for_who_prefers_it()
    {
        await using var customer = await Person.Arrives(locale: "ko-KR");
        await customer.Opens("/");
        await Expect(customer.Page.Locator("html")).ToHaveAttributeAsync("lang", "ko");
        await Expect(customer.Page.GetByRole(AriaRole.Heading, new() { Name = "지휘자 없는 주문" })).ToBeVisibleAsync();
        await customer.Shows("korean-front-page");
        await customer.Opens("/shop");
        await Expect(customer.Page.Locator(".product").First).ToContainTextAsync("원");
        await customer.Shows("korean-shop");

        await customer.Opens("/account/register");
        await customer.Page.Locator("#name").FillAsync("민아");
        await customer.Page.Locator("#email").FillAsync(customer.Email);
        await customer.Page.Locator("#password").FillAsync("short");
        await customer.Page.Locator("main form button").ClickAsync();
        await Expect(customer.Page.Locator("#password-error")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("8~128자여야 합니다"));
        await customer.Shows("korean-register-refused");
        await customer.Opens("/shop");

        await customer.Page.GetByRole(AriaRole.Button, new() { Name = "English" }).ClickAsync();
        await Expect(customer.Page.Locator("html")).ToHaveAttributeAsync("lang", "en");
        await Expect(customer.Page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/shop$"));
    }

    [Test]
    public async Task Should_be_dark_for_who_prefers_it_and_light_on_request()
    {
        await using var customer = await Person.Arrives(theme: ColorScheme.Dark);
        await customer.Opens("/");
        await Expect(customer.Page.Locator("html")).ToHaveAttributeAsync("data-bs-theme", "dark");
        await Expect(customer.Page.Locator(".event.now").First).ToBeVisibleAsync();
        await customer.Shows("dark-front-page");
        await customer.Opens("/shop");
        await customer.Shows("dark-shop");
        await customer.Page.GetByRole(AriaRole.Button, new() { Name = "Light theme" }).ClickAsync();
        await Expect(customer.Page.Locator("html")).ToHaveAttributeAsync("data-bs-theme", "light");
    }

    [Test]
    public async Task Should_fit_a_phone()
    {
        await using var customer = await Person.Arrives(width: 360, height: 780);
        await customer.Opens("/");
        await customer.Shows("phone-front-page");
        await customer.Registers();
        await customer.Shows("phone-shop");
        await customer.Opens($"/shop/products/{await Catalogue.List("Stand", "Phones", 19_000, 50)}");
        await customer.Page.GetByRole(AriaRole.Button, new() { Name = "Put into the cart" }).ClickAsync();
        await customer.Page.WaitForURLAsync("**/shop/cart");
        await customer.Shows("phone-cart");
    }

    [Test]
    public async Task Should_be_usable_by_keyboard_alone()
    {
        var stool = await Catalogue.List("Stool", "Furniture", 30_000, 50);
        await using var customer = await Person.Arrives();
        await customer.Opens($"/account/login?returnUrl=/shop/products/{stool}");
        await TabTo(customer.Page, "main a[href^='/account/register']");
        await customer.Page.Keyboard.PressAsync("Enter");
        await customer.Page.WaitForURLAsync("**/account/register**");
        await Type(customer.Page, "#name", "Keyboard Only");
        await Type(customer.Page, "#email", customer.Email);
        await Type(customer.Page, "#password", customer.Password);
        await customer.Page.Keyboard.PressAsync("Enter");
        await customer.Page.WaitForURLAsync($"**/shop/products/{stool}");
        await TabTo(customer.Page, "main form button");
        await customer.Page.Keyboard.PressAsync("Enter");
        await customer.Page.WaitForURLAsync("**/shop/cart");
        await TabTo(customer.Page, "#method-CARD");
        await customer.Page.Keyboard.PressAsync("Enter");
        await customer.Sees("CONFIRMED");
        await TabTo(customer.Page, "main .btn-outline-danger");
        await customer.Page.Keyboard.PressAsync("Enter");
        await Expect(customer.Page.Locator(".btn-danger")).ToBeFocusedAsync();
        await customer.Page.Keyboard.PressAsync("Enter");
        await customer.Sees("CANCELLED");
    }

    [Test]
    public async Task Should_load_nothing_from_elsewhere_under_a_strict_policy()
    {
        await using var customer = await Person.Arrives();
        var page = (await customer.Page.GotoAsync("/"))!;
        var policy = await page.HeaderValueAsync("content-security-policy");

        Assert.That(policy, Does.StartWith("default-src 'none'; script-src 'self'; style-src 'self';").And.Not.Contains("unsafe"));
        var cookies = await customer.Page.Context.CookiesAsync();
        Assert.That(cookies.Where(cookie => !cookie.HttpOnly || cookie.SameSite == SameSiteAttribute.None), Is.Empty);
        using var api = await RunningShop.Admin.GetAsync("products");
        Assert.That(api.Headers.GetValues("Content-Security-Policy").Single(), Is.EqualTo("default-src 'none'; frame-ancestors 'none'"));
    }

    [TestCase("/")]
    [TestCase("/account/login")]
    [TestCase("/account/logout")]
    public async Task Should_say_so_when_a_form_is_out_of_date(string path)
    {
        using var browser = new HttpClient { BaseAddress = RunningShop.Stack.GatewayAddress };
        using var answer = await browser.PostAsync(path, new FormUrlEncodedContent([]));

        Assert.That((int)answer.StatusCode, Is.EqualTo(400));
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/html"));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("<h1>That form is out of date</h1>"));
    }

    private static async Task TabTo(IPage page, string selector)
    {
        for (var presses = 0; presses < 60; presses++)
        {
            if (await page.EvaluateAsync<bool>("selector => document.activeElement?.matches(selector) ?? false", selector))
            {
                return;
            }

            await page.Keyboard.PressAsync("Tab");
        }

        Assert.Fail($"The keyboard does not reach {selector}.");
    }

    private static async Task Type(IPage page, string selector, string text)
    {
        await TabTo(page, selector);
        await page.Keyboard.TypeAsync(text);
    }
}
