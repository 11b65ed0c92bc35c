using System.Text;
using System.Text.Json.Nodes;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;

namespace ShopSaga.Tests.Endpoints.Orders;

internal sealed class When_too_many_orders_are_open
{
    private const long User = 7;
    private const string Body = """{"productId":1,"quantity":2,"paymentMethod":"CARD"}""";
    private OrdersApp _orders = null!;
    private (int Status, JsonNode Body, TimeSpan? RetryAfter) _first;

    [SetUp]
    public async Task OpenTooMany()
    {
        _orders = await OrdersApp.Start(new() { ["Orders:MaxOpen"] = "3" });
        await _orders.Customer().Send(HttpMethod.Put, "/cart/items/2", """{"quantity":4}""");
        _first = await Place("first");
        // A measurement that began before the last order was committed leaves room for one more.
        await Eventually.Is(async () => (await Place(key: null)).Status == 503, "an order is refused");
    }

    [TearDown]
    public async Task Stop() => await _orders.DisposeAsync();

    [Test]
    public async Task Should_refuse_new_ones_and_say_why_and_until_when()
    {
        var before = await Count();

        var ofABody = await Place("another");
        var ofTheCart = await Place("checkout", """{"paymentMethod":"CARD"}""", "/cart/checkout");

        Assert.That(
            new[] { ofABody, ofTheCart }.Select(answer => (answer.Status, answer.Body["type"]!.GetValue<string>())),
            Is.All.EqualTo((503, "/problems/overloaded")));
        Assert.That(ofABody.RetryAfter, Is.EqualTo(TimeSpan.FromMinutes(5)), "none has become final yet");
        Assert.That(await Count(), Is.EqualTo(before));
        var (_, cart) = await _orders.Customer().Read("/cart");
        Assert.That(cart["lines"]!.AsArray(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Should_answer_for_an_order_that_was_placed_before()
    {
        var repeated = await Place("first");

        Assert.That((repeated.Status, repeated.Body.ToJsonString()), Is.EqualTo((202, _first.Body.ToJsonString())));
        Assert.That((await Place("first", Body.Replace('2', '3'))).Status, Is.EqualTo(422));
    }

    [Test]
    public async Task Should_serve_what_is_no_new_order()
    {
        var customer = _orders.Customer();
        var id = _first.Body["id"]!.GetValue<long>();

        Assert.That((await customer.Read($"/orders/{id}")).Status, Is.EqualTo(200));
        Assert.That((await customer.Post($"/orders/{id}/cancel")).Status, Is.EqualTo(202));
    }

    [Test]
    public async Task Should_accept_orders_again_when_some_have_become_final()
    {
        foreach (var id in Enumerable.Range(1, (int)await Count()))
        {
            await _orders.Publish(new StockReserved(id, DateTimeOffset.UtcNow));
            await _orders.Publish(new PaymentCompleted(id, id, User, 1000, "CARD", DateTimeOffset.UtcNow));
        }

        await Eventually.Is(async () => (await Place("late")).Status == 202, "an order is accepted");
    }

    private Task<long> Count() => _orders.Query<long>("SELECT count(*) FROM orders");

    private async Task<(int Status, JsonNode Body, TimeSpan? RetryAfter)> Place(string? key, string json = Body, string path = "/orders")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        using var response = await _orders.Customer(User).SendAsync(request);
        return (
            (int)response.StatusCode,
            JsonNode.Parse(await response.Content.ReadAsStringAsync())!,
            response.Headers.RetryAfter?.Delta);
    }
}
