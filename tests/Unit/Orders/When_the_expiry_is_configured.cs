using Microsoft.Extensions.Configuration;
using ShopSaga.Orders.Lifecycle;

namespace ShopSaga.Tests.Unit.Orders;

internal sealed class When_the_expiry_is_configured
{
    [Test]
    public void Should_be_fifteen_minutes_when_nothing_is_set() => Assert.That(Read(null).After, Is.EqualTo(TimeSpan.FromMinutes(15)));

    [Test]
    public void Should_take_what_is_set() => Assert.That(Read("00:00:20").After, Is.EqualTo(TimeSpan.FromSeconds(20)));

    [TestCase("soon")]
    [TestCase("00:00:00")]
    [TestCase("-00:01:00")]
    [TestCase("400.00:00:00")]
    public void Should_stop_the_start_and_say_what_to_set_when_it_makes_no_sense(string text) =>
        Assert.That(() => Read(text), Throws.InvalidOperationException.With.Message.Contains("Orders__Expiry"));

    private static ExpiryPolicy Read(string? text) =>
        ExpiryPolicy.From(new ConfigurationBuilder().AddInMemoryCollection([new("Orders:Expiry", text)]).Build());
}
