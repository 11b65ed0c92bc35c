using System.Net;

namespace ShopSaga.Tests.Endpoints.Psp;

internal sealed class When_a_key_is_used_again : MerchantTest
{
    [TestCase("CARD")]
    [TestCase("CARD_DECLINED")]
    public async Task Should_answer_the_same(string method)
    {
        var first = await Merchant.Charge($"same-{method}", method);
        var second = await Merchant.Charge($"same-{method}", method);

        Assert.That(second.StatusCode, Is.EqualTo(first.StatusCode));
        Assert.That(await second.Content.ReadAsStringAsync(), Is.EqualTo(await first.Content.ReadAsStringAsync()));
    }

    [TestCase("CARD", 2000, "a")]
    [TestCase("KAKAO_PAY", 1000, "a")]
    [TestCase("CARD", 1000, "b")]
    public async Task Should_refuse_other_content_and_leave_the_charge_alone(string method, long amount, string reference)
    {
        var first = await Merchant.Charge("reused", "CARD", 1000, "a");
        var other = await Merchant.Charge("reused", method, amount, reference);

        Assert.That(other.StatusCode, Is.EqualTo(HttpStatusCode.UnprocessableEntity));
        Assert.That((string?)(await Merchant.Read(other))["type"], Is.EqualTo("/problems/idempotency-key-reused"));
        Assert.That((await Merchant.Find("reused")).Single()!.ToJsonString(), Is.EqualTo((await Merchant.Read(first)).ToJsonString()));
    }

    [Test]
    public async Task Should_refuse_other_content_even_while_nothing_is_charged_yet()
    {
        await Merchant.Charge("reused-flaky", "CARD_FLAKY");

        Assert.That((await Merchant.Charge("reused-flaky", "CARD")).StatusCode, Is.EqualTo(HttpStatusCode.UnprocessableEntity));
    }
}
