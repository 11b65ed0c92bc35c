using ShopSaga.Web.Shared;

namespace ShopSaga.Tests.Unit.Web;

public class When_a_page_redirects
{
    [TestCase("/shop/orders/5?a=b", "/shop/orders/5?a=b")]
    [TestCase(null, "/")]
    [TestCase("https://evil.example/", "/")]
    [TestCase("//evil.example/", "/")]
    [TestCase("/\\evil.example/", "/")]
    [TestCase("/\t/evil.example/", "/")]
    public void Should_stay_on_this_site(string? wanted, string taken) => Assert.That(Preferences.Local(wanted), Is.EqualTo(taken));
}
