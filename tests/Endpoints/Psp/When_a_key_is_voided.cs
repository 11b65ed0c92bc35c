using Dapper;
using Npgsql;

namespace ShopSaga.Tests.Endpoints.Psp;

internal sealed class When_a_key_is_voided : MerchantTest
{
    [Test]
    public async Task Should_refuse_every_later_charge()
    {
        Assert.That((string?)(await Merchant.Void("unused"))["status"], Is.EqualTo("VOIDED"));
        var before = await Merchant.Totals();

        var refused = await Merchant.Read(await Merchant.Charge("unused"));

        Assert.That((string?)refused["status"], Is.EqualTo("VOIDED"));
        Assert.That(await Merchant.Totals(), Is.EqualTo(before));
    }

    [TestCase("CARD", "CHARGED")]
    [TestCase("CARD_DECLINED", "DECLINED")]
    public async Task Should_tell_what_holds_when_it_is_too_late(string method, string status)
    {
        var charge = await Merchant.Read(await Merchant.Charge($"late-{method}", method));

        var voided = await Merchant.Void($"late-{method}");

        Assert.That((string?)voided["status"], Is.EqualTo(status));
        Assert.That(voided.ToJsonString(), Is.EqualTo(charge.ToJsonString()));
    }

    [Test]
    public async Task Should_stop_a_charge_that_is_being_made()
    {
        var charging = Merchant.Charge("overtaken", "CARD_SLOW");
        await using var books = new NpgsqlConnection(Merchant.Database);
        Assert.That(
            async () => await books.QuerySingleOrDefaultAsync<string>("SELECT status FROM charges WHERE idempotency_key = 'overtaken'"),
            Is.EqualTo("OPEN").After(2_000, 10));

        await Merchant.Void("overtaken");

        Assert.That((string?)(await Merchant.Read(await charging))["status"], Is.EqualTo("VOIDED"));
    }

    [Test]
    public async Task Should_agree_with_the_charge_when_both_come_at_the_same_time()
    {
        var before = await Merchant.Totals();
        var charged = 0;
        for (var round = 0; round < 30; round++)
        {
            var key = $"race-{round}";
            var charging = Merchant.Charge(key);
            var voiding = Merchant.Void(key);
            var answers = new[] { (string?)(await Merchant.Read(await charging))["status"], (string?)(await voiding)["status"] };
            Assert.That(answers.Distinct().Count(), Is.EqualTo(1), $"round {round}: {string.Join(" against ", answers)}");
            charged += answers[0] == "CHARGED" ? 1 : 0;
        }

        Assert.That((await Merchant.Totals()).Charges - before.Charges, Is.EqualTo(charged));
    }
}
