using ShopSaga.Orders.Placing;

namespace ShopSaga.Tests.Unit.Orders;

internal sealed class When_a_client_prefers_to_wait
{
    [TestCase("wait=1", 1)]
    [TestCase("wait=30", 30)]
    [TestCase("WAIT=7", 7)]
    [TestCase("wait=\"7\"", 7)]
    [TestCase("wait = 7", 7)]
    [TestCase("wait=007", 7)]
    [TestCase("respond-async, wait=10", 10)]
    [TestCase("return=minimal; foo=\"some, wait=3\", wait=10", 10)]
    [TestCase("wait=5, wait=10", 5, Description = "RFC 7240, section 2: the first one counts")]
    public void Should_wait_as_long(string prefer, int seconds) => Assert.That(WaitPreference.Of(prefer), Is.EqualTo(seconds));

    [TestCase("wait=31")]
    [TestCase("wait=4294967296")]
    [TestCase("wait=99999999999999999999999999")]
    public void Should_wait_thirty_seconds_at_most(string prefer) => Assert.That(WaitPreference.Of(prefer), Is.EqualTo(30));

    [TestCase(null)]
    [TestCase("")]
    [TestCase("wait")]
    [TestCase("wait=")]
    [TestCase("wait=\"\"")]
    [TestCase("wait=0")]
    [TestCase("wait=-1")]
    [TestCase("wait=+1")]
    [TestCase("wait=1.5")]
    [TestCase("wait=1e1")]
    [TestCase("wait=soon")]
    [TestCase("wait=٣")]
    [TestCase("wait=5 seconds")]
    [TestCase("waits=5")]
    [TestCase("respond-async")]
    [TestCase("return=minimal; wait=5")]
    [TestCase(",,=;\"")]
    public void Should_ignore_what_is_odd(string? prefer) => Assert.That(WaitPreference.Of(prefer), Is.Null);
}
