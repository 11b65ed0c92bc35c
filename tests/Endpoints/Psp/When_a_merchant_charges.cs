using System.Net;

namespace ShopSaga.Tests.Endpoints.Psp;

internal sealed class When_a_merchant_charges : MerchantTest
{
    [TestCase("CARD")]
    [TestCase("KAKAO_PAY")]
    [TestCase("BANK_TRANSFER")]
    [TestCase("CARD_REFUND_FLAKY")]
    public async Task Should_take_the_money(string method)
    {
        var response = await Merchant.Charge(method, method);
        var charge = await Merchant.Read(response);

        Assert.Multiple(() =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created));
            Assert.That((string?)charge["status"], Is.EqualTo("CHARGED"));
            Assert.That((long)charge["amount"]!, Is.EqualTo(1000));
            Assert.That((DateTimeOffset?)charge["chargedAt"], Is.Not.Null);
        });
    }

    [TestCase("CARD_DECLINED", "CARD_DECLINED")]
    [TestCase("DOUBLOONS", "METHOD_NOT_SUPPORTED")]
    [TestCase("card", "METHOD_NOT_SUPPORTED")]
    public async Task Should_decline_and_say_why(string method, string reason)
    {
        var charge = await Merchant.Read(await Merchant.Charge(method, method));

        Assert.That((string?)charge["status"], Is.EqualTo("DECLINED"));
        Assert.That((string?)charge["declineReason"], Is.EqualTo(reason));
        Assert.That(charge["chargedAt"], Is.Null);
    }

    [Test]
    public async Task Should_fail_twice_with_a_flaky_card_and_then_charge_once()
    {
        var statuses = new List<HttpStatusCode>();
        for (var attempt = 1; attempt <= 4; attempt++)
        {
            statuses.Add((await Merchant.Charge("flaky", "CARD_FLAKY", reference: "flaky")).StatusCode);
        }

        Assert.That(statuses, Is.EqualTo(new[]
        {
            HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable, HttpStatusCode.Created, HttpStatusCode.Created,
        }));
        Assert.That(await StatementCharges("flaky"), Is.EqualTo(1));
    }

    [Test]
    public async Task Should_count_the_failures_of_a_flaky_card_for_each_key()
    {
        await Merchant.Charge("flaky-a", "CARD_FLAKY");
        await Merchant.Charge("flaky-a", "CARD_FLAKY");

        Assert.That((await Merchant.Charge("flaky-b", "CARD_FLAKY")).StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That((await Merchant.Charge("flaky-a", "CARD_FLAKY")).StatusCode, Is.EqualTo(HttpStatusCode.Created));
    }

    [Test]
    public async Task Should_give_no_answer_though_it_charged()
    {
        Assert.That(await GivesNoAnswer("silent-charged", "CARD_TIMEOUT_CHARGED"), Is.True);

        var found = (await Merchant.Find("silent-charged")).Single()!;
        Assert.That((string?)found["status"], Is.EqualTo("CHARGED"));
    }

    [Test]
    public async Task Should_give_no_answer_and_not_charge()
    {
        Assert.That(await GivesNoAnswer("silent-lost", "CARD_TIMEOUT_LOST"), Is.True);
        Assert.That(await GivesNoAnswer("silent-lost", "CARD_TIMEOUT_LOST"), Is.True);

        Assert.That(await Merchant.Find("silent-lost"), Is.Empty);
        Assert.That((string?)(await Merchant.Void("silent-lost"))["status"], Is.EqualTo("VOIDED"));
    }

    [Test]
    public async Task Should_charge_a_slow_card_though_the_caller_has_gone()
    {
        Assert.That(await GivesNoAnswer("slow", "CARD_SLOW"), Is.True);
        Assert.That(async () => (await Merchant.Find("slow")).Count, Is.EqualTo(1).After(10_000, 100));
    }

    [Test]
    public async Task Should_charge_once_for_twenty_requests_with_one_key_at_the_same_time()
    {
        var responses = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Merchant.Charge("crowd", reference: "crowd")));
        var charges = await Task.WhenAll(responses.Select(Merchant.Read));

        Assert.That(charges.Select(charge => charge.ToJsonString()).Distinct().Count(), Is.EqualTo(1));
        Assert.That(await StatementCharges("crowd"), Is.EqualTo(1));
    }

    [TestCase("""{"amount":0,"paymentMethod":"CARD","reference":"r"}""", "amount")]
    [TestCase("""{"amount":1.5,"paymentMethod":"CARD","reference":"r"}""", "amount")]
    [TestCase("""{"amount":"5","paymentMethod":"CARD","reference":"r"}""", "amount")]
    [TestCase("""{"amount":5,"paymentMethod":"","reference":"r"}""", "paymentMethod")]
    [TestCase("""{"amount":5,"paymentMethod":"CARD"}""", "reference")]
    [TestCase("""{"amount":""", "body")]
    public async Task Should_refuse_a_bad_request_and_name_the_member(string body, string member)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "charges")
        {
            Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json"),
            Headers = { { "Idempotency-Key", "bad" } },
        };
        var response = await Merchant.Http.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await Merchant.Read(response))["errors"]![member], Is.Not.Null);
    }

    [TestCase("with space")]
    [TestCase("schlüssel")]
    public async Task Should_refuse_a_bad_key(string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "charges/void");
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);

        Assert.That((await Merchant.Http.SendAsync(request)).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task Should_refuse_requests_without_a_key_but_tell_its_health()
    {
        var refused = await Merchant.Stranger.GetAsync(new Uri("totals", UriKind.Relative));

        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(refused.Headers.WwwAuthenticate.Single().Scheme, Is.EqualTo("Bearer"));
        Assert.That(
            (await Merchant.Stranger.GetAsync(new Uri("health/ready", UriKind.Relative))).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    private async Task<bool> GivesNoAnswer(string key, string method)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await Merchant.Charge(key, method, cancellationToken: patience.Token);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private async Task<int> StatementCharges(string reference)
    {
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTimeBySystemTimeZoneId(DateTime.UtcNow, "Asia/Seoul"));
        var statement = await Merchant.Get($"statements/{today:yyyy-MM-dd}");
        return statement["charges"]!.AsArray().Count(charge => (string?)charge!["reference"] == reference);
    }
}
