using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.Time.Testing;
using ShopSaga.Payments.Webhooks;

namespace ShopSaga.Tests.Unit.Payments;

internal sealed class When_a_webhook_is_signed
{
    // printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac 0123456789abcdef
    private const string Hash = "9483985a1de97b8e9342f2306f8e68512fdf9176cc65f2595ea38e056d78bfdd";
    private const long At = 1_700_000_000;
    private const string Body = """{"id":"evt_1"}""";

    [Test]
    public void Should_know_the_provider_by_its_signature() => Assert.That(IsSigned($"t={At},v1={Hash}"), Is.True);

    [Test]
    public void Should_read_hexadecimal_in_both_cases() => Assert.That(IsSigned($"t={At},v1={Hash.ToUpperInvariant()}"), Is.True);

    [TestCase(-301, false)]
    [TestCase(-300, true)]
    [TestCase(300, true)]
    [TestCase(301, false)]
    public void Should_take_what_was_signed_up_to_five_minutes_from_now(int seconds, bool expected) =>
        Assert.That(IsSigned($"t={At},v1={Hash}", now: At + seconds), Is.EqualTo(expected));

    [TestCase("")]
    [TestCase("t=1700000000")]
    [TestCase("v1=" + Hash)]
    [TestCase("v1=" + Hash + ",t=1700000000")]
    [TestCase("t=1700000001,v1=" + Hash)]
    [TestCase("t=01700000000,v1=" + Hash)]
    [TestCase("t= 1700000000,v1=" + Hash)]
    [TestCase("t=-1700000000,v1=" + Hash)]
    [TestCase("t=,v1=" + Hash)]
    [TestCase("t=9223372036854775807,v1=" + Hash)]
    [TestCase("t=99999999999999999999,v1=" + Hash)]
    [TestCase("t=1700000000,v1=" + Hash + "00")]
    [TestCase("t=1700000000,v1=")]
    [TestCase("t=1700000000,v1=zz")]
    [TestCase("t=1700000000,v0=" + Hash)]
    [TestCase("t=1700000000,v1=" + Hash + ",v1=" + Hash)]
    public void Should_refuse_every_other_header(string header) => Assert.That(IsSigned(header), Is.False);

    [Test]
    public void Should_refuse_no_header_and_two() => Assert.Multiple(() =>
    {
        Assert.That(IsSigned(StringValues.Empty), Is.False);
        Assert.That(IsSigned(new StringValues([$"t={At},v1={Hash}", $"t={At},v1={Hash}"])), Is.False);
    });

    [TestCase("""{"id":"evt_2"}""")]
    [TestCase("")]
    public void Should_refuse_another_body(string body) => Assert.That(IsSigned($"t={At},v1={Hash}", body: body), Is.False);

    [Test]
    public void Should_refuse_another_secret() =>
        Assert.That(IsSigned($"t={At},v1={Hash}", secret: "0123456789abcdeg"), Is.False);

    [TestCase(null)]
    [TestCase("")]
    [TestCase("fifteen letters")]
    public void Should_say_what_to_set_when_the_secret_is_missing_or_can_be_guessed(string? secret) =>
        Assert.That(
            () => WebhookSignature.SecretIn(Configured(secret)),
            Throws.InvalidOperationException.With.Message.Contains("Provider__WebhookSecret"));

    [Test]
    public void Should_take_the_secret_that_is_set() =>
        Assert.That(WebhookSignature.SecretIn(Configured("sixteen letters!")), Is.EqualTo("sixteen letters!"));

    private static bool IsSigned(StringValues header, long now = At, string body = Body, string secret = "0123456789abcdef") =>
        new WebhookSignature(secret, new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(now)))
            .IsOn(Encoding.UTF8.GetBytes(body), header);

    private static IConfiguration Configured(string? secret) =>
        new ConfigurationBuilder().AddInMemoryCollection([new("Provider:WebhookSecret", secret)]).Build();
}
