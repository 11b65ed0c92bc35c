using System.Net;
using System.Text.Json.Nodes;

namespace ShopSaga.Tests.Endpoints.Psp;

internal sealed class When_a_merchant_refunds : MerchantTest
{
    [Test]
    public async Task Should_give_the_money_back_once_however_often_it_is_asked()
    {
        var charge = await Charged("once");
        var before = await Merchant.Totals();

        var responses = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Merchant.Refund(charge, "refund-once", 1000)));
        var refunds = await Task.WhenAll(responses.Select(Merchant.Read));

        Assert.That(refunds.Select(refund => refund.ToJsonString()).Distinct().Count(), Is.EqualTo(1));
        var after = await Merchant.Totals();
        Assert.That((after.Refunds - before.Refunds, after.Refunded - before.Refunded), Is.EqualTo((1L, 1000L)));
    }

    [Test]
    public async Task Should_never_give_back_more_than_was_taken()
    {
        var charge = await Charged("parts");
        var before = await Merchant.Totals();

        var responses = await Task.WhenAll(Enumerable.Range(0, 6).Select(part => Merchant.Refund(charge, $"part-{part}", 300)));

        Assert.That(responses.Count(response => response.StatusCode == HttpStatusCode.Created), Is.EqualTo(3));
        Assert.That(responses.Count(response => response.StatusCode == HttpStatusCode.Conflict), Is.EqualTo(3));
        Assert.That((await Merchant.Totals()).Refunded - before.Refunded, Is.EqualTo(900));
    }

    [Test]
    public async Task Should_list_the_refunds_of_a_charge_whoever_made_them_with_its_reference()
    {
        var charge = await Charged("listed");
        await Merchant.Refund(charge, "refund-listed", 300);
        await Merchant.Refund(charge, "dashboard-listed", 200);

        var refunds = (await Merchant.Get($"charges/{charge}/refunds"))["items"]!.AsArray();

        Assert.That(
            refunds.Select(refund => ((string?)refund!["idempotencyKey"], (long)refund["amount"]!, (string?)refund["reference"])),
            Is.EqualTo(new[] { ("refund-listed", 300L, "listed"), ("dashboard-listed", 200L, "listed") }));
    }

    [Test]
    public async Task Should_fail_twice_where_refunds_are_flaky()
    {
        var charge = await Charged("flaky", "CARD_REFUND_FLAKY");

        var statuses = new List<HttpStatusCode>();
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            statuses.Add((await Merchant.Refund(charge, "refund-flaky", 1000)).StatusCode);
        }

        Assert.That(
            statuses, Is.EqualTo(new[] { HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable, HttpStatusCode.Created }));
        var refund = (await Merchant.Get("refunds?idempotencyKey=refund-flaky"))["items"]!.AsArray().Single()!;
        Assert.That((await Merchant.Get($"refunds/{refund["id"]}")).ToJsonString(), Is.EqualTo(refund.ToJsonString()));
    }

    [Test]
    public async Task Should_refuse_a_key_with_other_content()
    {
        var charge = await Charged("content");
        await Merchant.Refund(charge, "refund-content", 400);

        Assert.That((await Merchant.Refund(charge, "refund-content", 500)).StatusCode, Is.EqualTo(HttpStatusCode.UnprocessableEntity));
    }

    [Test]
    public async Task Should_refuse_where_nothing_was_taken()
    {
        var declined = (long)(await Merchant.Read(await Merchant.Charge("declined", "CARD_DECLINED")))["id"]!;

        Assert.That((await Merchant.Refund(declined, "refund-declined", 1000)).StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That((await Merchant.Refund(987_654, "refund-unknown", 1000)).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task Should_list_charges_and_refunds_in_the_statement_of_the_day()
    {
        var charge = await Charged("statement");
        await Merchant.Refund(charge, "refund-statement", 1000);
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTimeBySystemTimeZoneId(DateTime.UtcNow, "Asia/Seoul"));

        var statement = await Merchant.Get($"statements/{today:yyyy-MM-dd}");
        var tomorrow = await Merchant.Get($"statements/{today.AddDays(2):yyyy-MM-dd}");
        var totals = await Merchant.Totals();

        Assert.Multiple(() =>
        {
            Assert.That(Of(statement, "charges", "id").Count(id => id == charge), Is.EqualTo(1));
            Assert.That(Of(statement, "refunds", "chargeId").Count(id => id == charge), Is.EqualTo(1));
            Assert.That(Of(statement, "charges", "amount").Sum(), Is.EqualTo(totals.Charged));
            Assert.That((long)statement["chargedAmount"]!, Is.EqualTo(totals.Charged));
            Assert.That((long)statement["refundedAmount"]!, Is.EqualTo(totals.Refunded));
            Assert.That(tomorrow["charges"]!.AsArray(), Is.Empty);
        });
    }

    [TestCase("2025-13-01")]
    [TestCase("yesterday")]
    [TestCase("2025-1-1")]
    public async Task Should_refuse_a_statement_of_no_day(string date) => Assert.That(
        (await Merchant.Http.GetAsync(new Uri($"statements/{date}", UriKind.Relative))).StatusCode,
        Is.EqualTo(HttpStatusCode.BadRequest));

    private async Task<long> Charged(string key, string method = "CARD") =>
        (long)(await Merchant.Read(await Merchant.Charge(key, method, reference: key)))["id"]!;

    private static IEnumerable<long> Of(JsonNode statement, string list, string member) =>
        statement[list]!.AsArray().Select(item => (long)item![member]!);
}
