using Microsoft.Extensions.Configuration;
using ShopSaga.Settlement.Closing;

namespace ShopSaga.Tests.Unit.Settlement;

internal sealed class When_closing_times_are_read
{
    [Test]
    public void Should_close_ten_minutes_after_midnight_by_default() =>
        Assert.That(
            ClosingTimes.From(Configuration()),
            Is.EqualTo(new ClosingTimes(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1), TimeSpan.FromHours(1))));

    [Test]
    public void Should_take_the_configured_times() => Assert.That(
        ClosingTimes.From(Configuration(
            ("CloseAfter", "00:00:00"), ("CheckEvery", "00:00:00.05"), ("CompareAgainAfter", "00:02:00"), ("FirstDay", "2026-01-31"))),
        Is.EqualTo(new ClosingTimes(TimeSpan.Zero, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(2), new DateOnly(2026, 1, 31))));

    [TestCase("CloseAfter", "soon")]
    [TestCase("CloseAfter", "-00:00:01")]
    [TestCase("CloseAfter", "1.00:00:00")]
    [TestCase("CheckEvery", "00:00:00")]
    [TestCase("CheckEvery", "02:00:00")]
    [TestCase("CompareAgainAfter", "00:00:00")]
    [TestCase("FirstDay", "31.01.2026")]
    [TestCase("FirstDay", "2026-02-30")]
    public void Should_say_what_to_set_instead_of_an_invalid_value(string name, string value) => Assert.That(
        () => ClosingTimes.From(Configuration((name, value))),
        Throws.InvalidOperationException.With.Message.Contains(value).And.Message.Contains($"Settlement__{name}"));

    private static IConfiguration Configuration(params (string Name, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.ToDictionary(setting => $"Settlement:{setting.Name}", setting => (string?)setting.Value))
        .Build();
}
