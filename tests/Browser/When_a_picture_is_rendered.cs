using System.Globalization;
using Bunit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using ShopSaga.Tests.Browser.Support;
using ShopSaga.Web.Live;
using ShopSaga.Web.Shared;

namespace ShopSaga.Tests.Browser;

/// <summary>Components with logic, without a browser.</summary>
public class When_a_picture_is_rendered : ComponentFixture
{
    [Test]
    public void Should_light_every_arrow_of_an_event_and_no_other()
    {
        var picture = Context.Render<ChoreographyPicture>(parameters => parameters
            .Add(picture => picture.Events, ["OrderPlaced", "StockRejected"])
            .Add(picture => picture.Now, "StockRejected"));

        Assert.That(ListenersOf(".event.forward"), Is.EquivalentTo(new[] { "Products", "Payments" }));
        Assert.That(ListenersOf(".event.failure.now"), Is.EquivalentTo(new[] { "Orders", "Payments" }));
        Assert.That(picture.FindAll(".service.speaking").Single().TextContent, Does.Contain("Products"));
        Assert.That(picture.Find("svg").GetAttribute("aria-label"), Does.Contain("OrderPlaced, StockRejected"));

        IEnumerable<string?> ListenersOf(string arrows) => picture.FindAll(arrows).Select(arrow => arrow.GetAttribute("data-to"));
    }

    [TestCase(0, "Sold out")]
    [TestCase(3, "Only 3 left")]
    [TestCase(50, "In stock")]
    public void Should_say_how_much_is_left(int quantity, string text) => Assert.That(
        Context.Render<ShopSaga.Web.Customer.Stock>(parameters => parameters.Add(stock => stock.Quantity, quantity)).Markup,
        Does.Contain(text));

    [TestCase("en", "must have 3 to 254 characters and not be blank.", "Name must have 3 to 254 characters and not be blank.")]
    [TestCase("ko", "must have 3 to 254 characters and not be blank.", "Name은(는) 공백만이 아닌 3~254자여야 합니다.")]
    [TestCase("ko", "must not be 0.", "Name은(는) 0일 수 없습니다.")]
    [TestCase("ko", "Product 7 is not on sale.", "상품 7은(는) 판매 중이 아닙니다.")]
    [TestCase("ko", "must be {odd} in 7 ways.", "Name must be {odd} in 7 ways.")]
    public void Should_give_a_reason_in_the_visitors_language(string language, string reason, string text)
    {
        // NUnit gives each test its culture back.
        CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(language);
        var texts = Context.Services.GetRequiredService<IStringLocalizer<Texts>>();

        Assert.That(texts.Reason("Name", reason), Is.EqualTo(text));
    }

    [Test]
    public void Should_name_the_service_that_is_away()
    {
        var notice = Context.Render<ProblemNotice>(parameters => parameters.Add(
            notice => notice.Of, ShopSaga.Web.Api.Problem.Away("Payments")));

        Assert.That(notice.Find("[role=alert]").TextContent, Does.Contain("The payment service does not answer at the moment."));
    }
}
