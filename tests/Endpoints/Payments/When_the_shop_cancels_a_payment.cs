using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace ShopSaga.Tests.Endpoints.Payments;

internal sealed class When_the_shop_cancels_a_payment : ServiceTest
{
    [Test]
    public async Task Should_accept_one_of_ten_and_give_the_money_back()
    {
        var payment = await Paid(userId: 7);

        var responses = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Cancel(Service.Admin(), payment["id"]!)));

        Assert.That(responses.Count(response => response.StatusCode == HttpStatusCode.Accepted), Is.EqualTo(1));
        Assert.That(responses.Count(response => response.StatusCode == HttpStatusCode.Conflict), Is.EqualTo(9));
        var accepted = responses.Single(response => response.StatusCode == HttpStatusCode.Accepted);
        Assert.That((string?)(await accepted.Content.ReadFromJsonAsync<JsonNode>())!["status"], Is.EqualTo("REFUNDING"));
        await PaymentOf((long)payment["orderId"]!, "REFUNDED");
    }

    [Test]
    public async Task Should_not_cancel_what_took_no_money()
    {
        var payment = await Paid(userId: 7, "CARD_DECLINED", "FAILED");

        var response = await Cancel(Service.Admin(), payment["id"]!);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That((string?)(await response.Content.ReadFromJsonAsync<JsonNode>())!["type"], Is.EqualTo("/problems/not-cancellable"));
    }

    [Test]
    public async Task Should_be_for_the_admin_and_for_payments_that_exist()
    {
        var payment = await Paid(userId: 7);

        Assert.That((await Cancel(Service.Customer(7), payment["id"]!)).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That((await Cancel(Service.Anonymous(), payment["id"]!)).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((await Cancel(Service.Admin(), 987_654)).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        await PaymentOf((long)payment["orderId"]!, "COMPLETED");
    }

    private static Task<HttpResponseMessage> Cancel(HttpClient client, JsonNode id) =>
        client.PostAsync(new Uri($"payments/{id}/cancel", UriKind.Relative), content: null);
}
