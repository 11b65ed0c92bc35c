using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace ShopSaga.Tests.Endpoints.Payments;

internal sealed class When_payments_are_viewed : ServiceTest
{
    [Test]
    public async Task Should_show_the_owner_all_there_is_to_know()
    {
        var payment = await Paid(userId: 11);

        var shown = await Service.Customer(11).GetFromJsonAsync<JsonObject>($"payments/{payment["id"]}");

        Assert.That(shown!.Select(member => member.Key), Is.EqualTo(
            new[] { "id", "orderId", "userId", "amount", "paymentMethod", "status", "createdAt", "refundedAt" }));
        Assert.That((long)shown!["userId"]!, Is.EqualTo(11));
        Assert.That(shown["refundedAt"], Is.Null);
    }

    [Test]
    public async Task Should_show_a_payment_to_its_owner_and_the_admin_only()
    {
        var payment = await Paid(userId: 12);

        Assert.That(await Status(Service.Customer(12), $"payments/{payment["id"]}"), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await Status(Service.Admin(), $"payments/{payment["id"]}"), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await Status(Service.Customer(13), $"payments/{payment["id"]}"), Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await Status(Service.Anonymous(), $"payments/{payment["id"]}"), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await Payments(Service.Customer(13), $"?orderId={payment["orderId"]}"), Is.Empty);
        Assert.That(await Payments(Service.Customer(12), $"?orderId={payment["orderId"]}"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Should_list_newest_first_page_by_page()
    {
        var ids = new List<long>();
        for (var i = 0; i < 5; i++)
        {
            ids.Insert(0, (long)(await Paid(userId: 14))["id"]!);
        }

        var listed = new List<long>();
        string? cursor = null;
        do
        {
            var next = cursor is null ? "" : $"&cursor={cursor}";
            var page = (await Service.Customer(14).GetFromJsonAsync<JsonNode>($"payments?limit=2{next}"))!;
            listed.AddRange(page["items"]!.AsArray().Select(payment => (long)payment!["id"]!));
            cursor = (string?)page["nextCursor"];
        }
        while (cursor is not null);

        Assert.That(listed, Is.EqualTo(ids));
    }

    [TestCase("payments?orderId=x", "orderId")]
    [TestCase("payments?orderId=0", "orderId")]
    [TestCase("payments?orderId=1.5", "orderId")]
    [TestCase("payments?orderId=9223372036854775808", "orderId")]
    [TestCase("payments?limit=0", "limit")]
    [TestCase("payments?cursor=zzz", "cursor")]
    public async Task Should_name_a_bad_parameter(string path, string parameter)
    {
        var response = await Service.Customer(7).GetAsync(new Uri(path, UriKind.Relative));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await response.Content.ReadFromJsonAsync<JsonNode>())!["errors"]![parameter], Is.Not.Null);
    }

    [TestCase("payments/abc")]
    [TestCase("payments/-1")]
    [TestCase("payments/99999999999999999999")]
    public async Task Should_not_find_what_is_no_id(string path) =>
        Assert.That(await Status(Service.Admin(), path), Is.EqualTo(HttpStatusCode.NotFound));

    private static async Task<HttpStatusCode> Status(HttpClient client, string path) =>
        (await client.GetAsync(new Uri(path, UriKind.Relative))).StatusCode;
}
