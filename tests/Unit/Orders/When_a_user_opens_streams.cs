using Microsoft.Extensions.Configuration;
using ShopSaga.Orders.Tracking;

namespace ShopSaga.Tests.Unit.Orders;

internal sealed class When_a_user_opens_streams
{
    [Test]
    public void Should_have_as_many_permits_as_the_limit_says()
    {
        using var limit = LimitOf("2");
        var first = limit.TryAcquire(7);
        using var second = limit.TryAcquire(7);

        Assert.That(limit.TryAcquire(7), Is.Null);
        using var other = limit.TryAcquire(8);
        Assert.That(other, Is.Not.Null, "another user has permits of their own");
        first!.Dispose();
        using var third = limit.TryAcquire(7);
        Assert.That(third, Is.Not.Null, "a permit that was given back");
    }

    [TestCase("0")]
    [TestCase("-1")]
    [TestCase("many")]
    [TestCase("10001")]
    public void Should_say_what_to_set_when_the_limit_makes_no_sense(string limit) =>
        Assert.That(() => LimitOf(limit), Throws.InvalidOperationException.With.Message.Contains("Orders__StreamsPerUser"));

    private static StreamLimit LimitOf(string limit) =>
        new(new ConfigurationBuilder().AddInMemoryCollection([new("Orders:StreamsPerUser", limit)]).Build());
}
