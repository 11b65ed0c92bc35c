using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;

namespace ShopSaga.Tests.Endpoints.Orders;

/// <summary>Two instances: the one that a client asked learns of a change, also if the other one makes it.</summary>
[TestFixture(null, Description = "with Redis")]
[TestFixture("127.0.0.1:9", Description = "without Redis")]
internal sealed class When_a_client_waits_for_the_outcome(string? redis)
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;
    private static long _users = 500;
    private OrdersApp _orders = null!;
    private OrdersApp _another = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _orders = await OrdersApp.Start(redis is null ? null : new() { ["ConnectionStrings:Redis"] = redis });
        _another = await _orders.StartAnother();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _another.DisposeAsync();
        await _orders.DisposeAsync();
    }

    [Test]
    public async Task Should_answer_201_when_it_is_confirmed()
    {
        var (patient, user) = (NewUser(), NewUser());
        var stillOpen = Place(_orders.Customer(patient), "wait=30");
        var open = (await OrdersOf(patient, 1)).Single();
        var waiting = Enumerable.Range(0, 8)
            .Select(number => Place((number % 2 == 0 ? _orders : _another).Customer(user), "wait=30"))
            .ToList();
        foreach (var id in await OrdersOf(user, 8))
        {
            await _orders.Publish(new PaymentCompleted(id, id + 100, user, 500, "CARD", Now));
        }

        foreach (var answer in await Task.WhenAll(waiting))
        {
            Assert.That((answer.Status, answer.Applied), Is.EqualTo((201, "wait=30")), answer.Body.ToJsonString());
            Assert.That(answer.Body["status"]!.GetValue<string>(), Is.EqualTo("CONFIRMED"));
            Assert.That(answer.Body["paymentId"]!.GetValue<long>(), Is.EqualTo(answer.Body["id"]!.GetValue<long>() + 100));
            Assert.That(answer.Location, Is.EqualTo($"/orders/{answer.Body["id"]}"));
        }

        Assert.That(stillOpen.IsCompleted, Is.False, "an order that came before, and is open, is waited for still");
        await _orders.Publish(new PaymentCompleted(open, open + 100, patient, 500, "CARD", Now));
        Assert.That((await stillOpen).Status, Is.EqualTo(201));
    }

    [Test]
    public async Task Should_answer_409_with_what_is_short_when_it_is_out_of_stock()
    {
        var user = NewUser();
        var waiting = Place(_orders.Customer(user), "respond-async, wait=99");
        var id = (await OrdersOf(user, 1)).Single();

        await _orders.Publish(new StockRejected(id, [new Shortage(1, 1, 0)]));

        var answer = await waiting;
        Assert.That((answer.Status, answer.Applied), Is.EqualTo((409, "wait=30")));
        Assert.That(answer.Body["type"]!.GetValue<string>(), Is.EqualTo("/problems/out-of-stock"));
        Assert.That(answer.Body["orderId"]!.GetValue<long>(), Is.EqualTo(id));
        Assert.That(answer.Body["shortages"]!.ToJsonString(), Is.EqualTo("""[{"productId":1,"requested":1,"available":0}]"""));
    }

    [Test]
    public async Task Should_answer_402_when_the_payment_is_declined_and_the_stock_is_back()
    {
        var user = NewUser();
        await _orders.Customer(user).Send(HttpMethod.Put, "/cart/items/1", """{"quantity":1}""");
        var waiting = Place(_orders.Customer(user), "wait=30", "/cart/checkout", """{"paymentMethod":"CARD_DECLINED"}""");
        var id = (await OrdersOf(user, 1)).Single();

        await _orders.Publish(new StockReserved(id, Now));
        await _orders.Publish(new PaymentFailed(id, "DECLINED", Now));
        await _orders.Eventually("SELECT status = 'CANCELLING' FROM orders WHERE id = @id", new { id });
        Assert.That(waiting.IsCompleted, Is.False, "it is not cancelled yet");
        await _orders.Publish(new StockReleased(id, Now));

        var answer = await waiting;
        Assert.That((answer.Status, answer.Applied), Is.EqualTo((402, "wait=30")));
        Assert.That(answer.Body["type"]!.GetValue<string>(), Is.EqualTo("/problems/payment-declined"));
        Assert.That(answer.Body["orderId"]!.GetValue<long>(), Is.EqualTo(id));
    }

    [Test]
    public async Task Should_answer_409_when_the_customer_cancels_it_meanwhile()
    {
        var user = NewUser();
        var waiting = Place(_orders.Customer(user), "wait=30");
        var id = (await OrdersOf(user, 1)).Single();

        await _another.Customer(user).Post($"/orders/{id}/cancel");
        await _orders.Publish(new StockRejected(id, [new Shortage(1, 1, 0)]));

        var answer = await waiting;
        Assert.That((answer.Status, answer.Body["type"]!.GetValue<string>()), Is.EqualTo((409, "/problems/conflict")));
        Assert.That(answer.Body["orderId"]!.GetValue<long>(), Is.EqualTo(id));
    }

    [TestCase("/orders")]
    [TestCase("/cart/checkout")]
    public async Task Should_document_why_an_order_can_be_cancelled_meanwhile(string path)
    {
        var (_, document) = await _orders.Anonymous().Read("/openapi/orders.json");

        var answers = document["paths"]![path]!["post"]!["responses"]!;
        var codes = new[] { "402", "409" }
            .SelectMany(status => answers[status]!["content"]!["application/problem+json"]!["examples"]!.AsObject())
            .Select(example => example.Key);
        Assert.That(codes, Is.SupersetOf(new[] { "payment-declined", "out-of-stock", "conflict" }));
    }

    [Test]
    public async Task Should_answer_202_when_it_is_still_open()
    {
        var watch = Stopwatch.StartNew();

        var answer = await Place(_orders.Customer(NewUser()), "wait=1");

        Assert.That((answer.Status, answer.Applied), Is.EqualTo((202, "wait=1")));
        Assert.That(answer.Body["status"]!.GetValue<string>(), Is.EqualTo("PENDING"));
        Assert.That(watch.Elapsed, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(1)));
    }

    [TestCase("wait=soon")]
    [TestCase("return=minimal")]
    public async Task Should_answer_at_once_when_the_preference_is_odd(string prefer)
    {
        var answer = await Place(_orders.Customer(NewUser()), prefer);

        Assert.That((answer.Status, answer.Applied), Is.EqualTo((202, (string?)null)));
    }

    private static long NewUser() => Interlocked.Increment(ref _users);

    private async Task<IEnumerable<long>> OrdersOf(long user, int count)
    {
        await _orders.Eventually("SELECT count(*) = @count FROM orders WHERE user_id = @user", new { count, user });
        var (_, list) = await _orders.Customer(user).Read("/orders");
        return list["items"]!.AsArray().Select(order => order!["id"]!.GetValue<long>());
    }

    private static async Task<Answer> Place(
        HttpClient customer,
        string prefer,
        string path = "/orders",
        string body = """{"productId":1,"quantity":1,"paymentMethod":"CARD"}""")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Prefer", prefer);
        using var response = await customer.SendAsync(request);
        return new Answer(
            (int)response.StatusCode,
            JsonNode.Parse(await response.Content.ReadAsStringAsync())!,
            response.Headers.TryGetValues("Preference-Applied", out var applied) ? applied.Single() : null,
            response.Headers.Location?.OriginalString);
    }

    private sealed record Answer(int Status, JsonNode Body, string? Applied, string? Location);
}
