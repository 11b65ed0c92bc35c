using Microsoft.Extensions.Configuration;
using ShopSaga.Orders.Following;

namespace ShopSaga.Tests.Unit.Orders;

internal sealed class When_a_user_opens_streams
{
    [Test]
    public void Should_have_so_many_places_and_no_more()
    {
        var limit = LimitOf("2");
        var first = limit.Enter(7);
        using var second = limit.Enter(7);

        Assert.That(limit.Enter(7), Is.Null);
        using var other = limit.Enter(8);
        Assert.That(other, Is.Not.Null, "another user has places of their own");
        first!.Dispose();
        using var third = limit.Enter(7);
        Assert.That(third, Is.Not.Null, "a place that was left");
    }

    [TestCase("0")]
    [TestCase("-1")]
    [TestCase("many")]
    [TestCase("10001")]
    public void Should_say_what_to_set_when_the_limit_makes_no_sense(string limit) =>
        Assert.That(() => LimitOf(limit), Throws.InvalidOperationException.With.Message.Contains("Orders__StreamsPerUser"));

    private static FollowerLimit LimitOf(string limit) =>
        new(new ConfigurationBuilder().AddInMemoryCollection([new("Orders:StreamsPerUser", limit)]).Build());
}
