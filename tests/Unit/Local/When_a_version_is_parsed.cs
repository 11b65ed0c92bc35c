using ShopSaga.Local.Processes;

namespace ShopSaga.Tests.Unit.Local;

public class When_a_version_is_parsed
{
    [TestCase("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18")]
    [TestCase("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64", "7.0.15")]
    [TestCase("/usr/lib/rabbitmq/lib/rabbitmq_server-3.10.8/sbin/rabbitmq-server", "3.10.8")]
    public void Should_find_the_version(string text, string version) =>
        Assert.That(Executables.ParseVersion(text), Is.EqualTo(Version.Parse(version)));

    [Test]
    public void Should_find_no_version_where_there_is_none() => Assert.That(Executables.ParseVersion("rabbitmq-server"), Is.Null);
}
