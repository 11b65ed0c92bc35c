using Microsoft.Extensions.Configuration;
using ShopSaga.Hosting;

namespace ShopSaga.Tests.Unit.Hosting;

internal sealed class When_a_setting_is_wrong
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [TestCase("many")]
    [TestCase("0")]
    [TestCase("-3")]
    [TestCase("1.5")]
    [TestCase("")]
    [TestCase("3000000000")]
    public void Should_say_which_number_to_set(string text) => Assert.That(
        () => Setting(text).Number("Messaging:GroupSize", 20, min: 1),
        Throws.InvalidOperationException.With.Message.EqualTo(
            $"Configuration 'Messaging:GroupSize' is '{text}'. Set Messaging__GroupSize to a whole number from 1, such as 20."));

    [TestCase("0")]
    [TestCase("11")]
    public void Should_say_between_which_numbers(string text) => Assert.That(
        () => Setting(text).Number("Messaging:GroupSize", 5, min: 1, max: 10),
        Throws.InvalidOperationException.With.Message.EqualTo(
            $"Configuration 'Messaging:GroupSize' is '{text}'. Set Messaging__GroupSize to a whole number from 1 to 10, such as 5."));

    [TestCase("soon")]
    [TestCase("00:00:00.5")]
    [TestCase("2")]
    [TestCase("-00:00:02")]
    [TestCase("")]
    public void Should_say_which_time_to_set(string text) => Assert.That(
        () => Setting(text).Time("Messaging:GroupSize", Second * 2, min: Second, max: TimeSpan.FromDays(1)),
        Throws.InvalidOperationException.With.Message.EqualTo(
            $"Configuration 'Messaging:GroupSize' is '{text}'. "
            + "Set Messaging__GroupSize to a time from 00:00:01 to 1.00:00:00, such as 00:00:02."));

    [Test]
    public void Should_take_the_default_where_nothing_is_set() => Assert.Multiple(() =>
    {
        Assert.That(Setting(null).Number("Messaging:GroupSize", 20, min: 1), Is.EqualTo(20));
        Assert.That(Setting(null).Time("Messaging:GroupSize", Second, min: Second, max: Second), Is.EqualTo(Second));
    });

    private static IConfiguration Setting(string? text) =>
        new ConfigurationBuilder().AddInMemoryCollection([new("Messaging:GroupSize", text)]).Build();
}
