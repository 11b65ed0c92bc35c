using System.Text;
using ShopSaga.Hosting.Text;

namespace ShopSaga.Tests.Unit.Hosting;

public class When_email_addresses_are_compared
{
    [TestCase("ann@shop.test", "ANN@Shop.TEST", TestName = "Case")]
    [TestCase("j\u00FCrgen@shop.test", "ju\u0308rgen@shop.test", TestName = "Composed and decomposed")]
    [TestCase("\uD55C\uAE00@shop.test", "\u1112\u1161\u11AB\u1100\u1173\u11AF@shop.test", TestName = "Hangul syllables and letters")]
    [TestCase("\u00C5sa@shop.test", "\u212Bsa@shop.test", TestName = "A letter and the sign of a unit")]
    [TestCase("\u1EC7@shop.test", "e\u0302\u0323@shop.test", TestName = "Combining characters in any order")]
    [TestCase("\u03C3\u03C2@shop.test", "\u03A3\u03A3@shop.test", TestName = "Final sigma")]
    [TestCase("ann@b\u00FCcher.example", "ann@xn--bcher-kva.example", TestName = "A domain and its ASCII form")]
    [TestCase("ann@B\u00DCCHER.example", "ann@XN--bcher-KVA.example", TestName = "A domain without case")]
    [TestCase("ann@bu\u0308cher.example", "ann@b\u00FCcher.example", TestName = "A decomposed domain")]
    public void Should_take_two_spellings_for_one_address(string one, string other) =>
        Assert.That(EmailIdentity.Of(one), Is.EqualTo(EmailIdentity.Of(other)));

    [TestCase("ann@shop.test", "anne@shop.test")]
    [TestCase("ann@shop.test", "\u00E1nn@shop.test")]
    [TestCase("i@shop.test", "\u0131@shop.test")]
    [TestCase("ann@shop.test", "ann@sh\u00F6p.test")]
    public void Should_keep_different_addresses_apart(string one, string other) =>
        Assert.That(EmailIdentity.Of(one), Is.Not.EqualTo(EmailIdentity.Of(other)));

    [TestCase("no address")]
    [TestCase("a@\u00FC..example")]
    [TestCase("a@\u00FC")]
    public void Should_accept_any_text(string text) =>
        Assert.That(EmailIdentity.Of(EmailIdentity.Of(text)), Is.EqualTo(EmailIdentity.Of(text)));

    [Test]
    public void Should_accept_a_label_that_is_too_long_for_a_host()
    {
        var address = $"a@\u00FC{new string('x', 100)}.example";

        Assert.That(EmailIdentity.Of(address), Is.EqualTo(address));
    }

    [Test]
    public void Should_be_stable_and_without_case_for_every_character()
    {
        var wrong = Enumerable.Range(1, 0x1FFFF)
            .Where(Rune.IsValid)
            .Select(number => new Rune(number))
            .Where(rune => Key(rune) != EmailIdentity.Of(Key(rune))
                || Key(rune) != Key(Rune.ToUpperInvariant(rune))
                || Key(rune) != Key(Rune.ToLowerInvariant(rune)));

        Assert.That(wrong, Is.Empty);

        static string Key(Rune rune) => EmailIdentity.Of($"a{rune}b@shop.test");
    }
}
