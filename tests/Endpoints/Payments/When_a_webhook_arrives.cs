using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using ShopSaga.Contracts.Orders;
using ShopSaga.Tests.Endpoints.Psp;

namespace ShopSaga.Tests.Endpoints.Payments;

internal sealed class When_a_webhook_arrives : ServiceTest
{
    private static readonly string Harmless = Body("charge.succeeded", new { id = 1, idempotencyKey = "order-999999", amount = 1 });

    [TearDown]
    public void Mend() => Connection.LosesResponses = false;

    [Test]
    public async Task Should_complete_a_payment_whose_answers_are_all_lost()
    {
        Connection.LosesResponses = true;

        var payment = await Paid(7);

        Assert.That(Mailbox.About($"order-{payment["orderId"]}"), Is.Not.Empty);
    }

    [Test]
    public async Task Should_fail_a_payment_whose_answers_are_all_lost()
    {
        Connection.LosesResponses = true;

        await Paid(7, "CARD_DECLINED", "FAILED");
    }

    [Test]
    public async Task Should_end_a_refund_whose_answers_are_all_lost()
    {
        var payment = await Paid(7);
        Connection.LosesResponses = true;

        await Publish(new OrderCancelled((long)payment["orderId"]!, "CUSTOMER", DateTimeOffset.UtcNow));

        await PaymentOf((long)payment["orderId"]!, "REFUNDED");
    }

    [Test]
    public async Task Should_take_a_refund_that_was_made_at_the_provider()
    {
        var payment = await Paid(7);
        var charge = (await Provider.Find($"order-{payment["orderId"]}")).Single()!;

        await Provider.Refund((long)charge["id"]!, $"dashboard-{payment["orderId"]}", (long)payment["amount"]!);

        await PaymentOf((long)payment["orderId"]!, "REFUNDED");
    }

    [Test]
    public async Task Should_take_effect_once_however_often_it_is_sent_again()
    {
        Connection.LosesResponses = true;
        var passOn = Mailbox.Answer;
        Mailbox.Answer = _ => Task.FromResult(HttpStatusCode.ServiceUnavailable);
        var orderId = await Order(7);
        Assert.That(() => Mailbox.About($"order-{orderId}"), Is.Not.Empty.After(30_000, 20));
        Mailbox.Answer = passOn;
        var letter = Mailbox.About($"order-{orderId}")[0];

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Deliver(letter.Body, letter.Signature)));
        await PaymentOf(orderId, "COMPLETED");
        answers = [.. answers, await Deliver(letter.Body, letter.Signature)];

        Assert.That(answers.Select(answer => answer.StatusCode), Has.All.EqualTo(HttpStatusCode.NoContent));
        await using var inbox = new NpgsqlConnection(Service.Database);
        Assert.That(
            await inbox.QuerySingleAsync<int>(
                "SELECT count(*) FROM \"ShopSaga_Payments_OutboxData\" WHERE \"MessageId\" = @id", new { id = $"psp-{letter.Json["id"]}" }),
            Is.EqualTo(1));
    }

    [Test]
    public async Task Should_need_a_signature_and_no_token()
    {
        Assert.That((await Deliver(Harmless, Sign(Harmless))).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));

        var refused = await Deliver(Harmless);

        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(refused.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
        Assert.That((string?)(await refused.Content.ReadFromJsonAsync<JsonNode>())!["type"], Is.EqualTo("/problems/unauthenticated"));
    }

    [Test]
    public async Task Should_refuse_what_another_secret_signed_or_what_was_signed_for_another_body()
    {
        Assert.That(
            (await Deliver(Harmless, Sign(Harmless, secret: "another-webhook-secret"))).StatusCode,
            Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((await Deliver(Harmless + " ", Sign(Harmless))).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((await Deliver(Harmless, Sign(Harmless), Sign(Harmless))).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase(-400, HttpStatusCode.Unauthorized)]
    [TestCase(-200, HttpStatusCode.NoContent)]
    [TestCase(200, HttpStatusCode.NoContent)]
    [TestCase(400, HttpStatusCode.Unauthorized)]
    public async Task Should_refuse_what_was_signed_more_than_five_minutes_from_now(int seconds, HttpStatusCode expected) =>
        Assert.That((await Deliver(Harmless, Sign(Harmless, seconds))).StatusCode, Is.EqualTo(expected));

    [TestCase("")]
    [TestCase("text/plain")]
    [TestCase("application/x-www-form-urlencoded")]
    public async Task Should_ask_for_a_signature_for_every_content_type(string type)
    {
        using var content = new ByteArrayContent("{}"u8.ToArray());
        content.Headers.ContentType = type.Length == 0 ? null : new(type);

        using var answer = await Service.Anonymous().PostAsync(new Uri("webhooks/psp", UriKind.Relative), content);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase("{", "body")]
    [TestCase("""{"id":"evt_1","type":"charge.succeeded"}""", "data")]
    [TestCase("""{"id":"","type":"charge.succeeded","data":{"id":1}}""", "id")]
    [TestCase("""{"id":"evt_1","type":5,"data":{"id":1}}""", "type")]
    [TestCase("""{"id":"evt_1","type":"charge.succeeded","data":{"id":"1"}}""", "data.id")]
    public async Task Should_name_what_is_wrong_in_a_signed_body(string body, string member)
    {
        var answer = await Deliver(body, Sign(body));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await answer.Content.ReadFromJsonAsync<JsonNode>())!["errors"]![member], Is.Not.Null);
    }

    [TestCase("charge.succeeded", "order-999999")]
    [TestCase("charge.succeeded", "refund-999999")]
    [TestCase("charge.succeeded", "key-of-another-merchant")]
    [TestCase("charge.succeeded", null)]
    [TestCase("payout.created", "order-1")]
    public async Task Should_take_and_leave_alone_what_is_no_news_of_a_payment_of_ours(string type, string? key)
    {
        var body = Body(type, new { id = 1, idempotencyKey = key, amount = 1000, chargedAt = DateTimeOffset.UtcNow });

        Assert.That((await Deliver(body, Sign(body))).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
    }

    private static string Body(string type, object data) =>
        JsonSerializer.Serialize(new { id = $"evt_{Guid.NewGuid():N}", type, createdAt = DateTimeOffset.UtcNow, data });

    private static string Sign(string body, int secondsFromNow = 0, string secret = Merchant.WebhookSecret)
    {
        var timestamp = (DateTimeOffset.UtcNow.ToUnixTimeSeconds() + secondsFromNow).ToString(CultureInfo.InvariantCulture);
        var hash = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{timestamp}.{body}"));
        return $"t={timestamp},v1={Convert.ToHexStringLower(hash)}";
    }
}
