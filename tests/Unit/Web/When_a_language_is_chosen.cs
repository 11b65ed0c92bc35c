using Microsoft.AspNetCore.Http;
using ShopSaga.Web.Shared;

namespace ShopSaga.Tests.Unit.Web;

public class When_a_language_is_chosen
{
    [TestCase("ko-KR,ko;q=0.9,en;q=0.8", "ko")]
    [TestCase("ko", "ko")]
    [TestCase("en-GB,ko;q=0.5", "en")]
    [TestCase("fr,ko;q=0.7,en;q=0.3", "ko")]
    [TestCase("fr", null)]
    [TestCase(null, null)]
    public void Should_be_the_first_of_the_browsers_that_the_pages_have(string? accepted, string? chosen)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.AcceptLanguage = accepted;

        Assert.That(Preferences.LanguageOf(context.Request)?.UICultures[0].Value, Is.EqualTo(chosen));
    }
}
