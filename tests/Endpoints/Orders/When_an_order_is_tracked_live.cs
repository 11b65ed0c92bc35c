using System.Text.Json.Nodes;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Orders;

/// <summary>Two instances, and a Redis of the test's own.</summary>
internal sealed class When_an_order_is_tracked_live
{
    private const long Buyer = 7;
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;
    private OwnRedis _redis = null!;
    private OrdersApp _orders = null!;
    private OrdersApp _another = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _redis = new OwnRedis();
        _redis.Start();
        _orders = await OrdersApp.Start(new()
        {
            ["ConnectionStrings:Redis"] = _redis.Address,
            ["Orders:StreamsPerUser"] = "5",
        });
        _another = await _orders.StartAnother();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _another.DisposeAsync();
        await _orders.DisposeAsync();
        _redis.Dispose();
    }

    [Test]
    public async Task Should_tell_the_status_at_once_and_then_each_one_it_takes_to_the_end()
    {
        var id = await _orders.Customer().Order();
        await using var stream = await OrderStream.Open(_orders.Customer(), id);
        await using var elsewhere = await OrderStream.Open(_another.Admin(), id);

        var first = (await stream.Next())!.Value;
        await _orders.Publish(new StockReserved(id, Now));
        await _orders.Publish(new PaymentCompleted(id, 44, Buyer, 500, "CARD", Now));

        Assert.That((stream.Status, stream.MediaType, first.EventType), Is.EqualTo((200, "text/event-stream", "status")));
        Assert.That(first.Data["status"]!.GetValue<string>(), Is.EqualTo("PENDING"));
        var last = (await stream.Next())!.Value;
        Assert.That(last.EventId, Is.Not.EqualTo(first.EventId));
        var (_, order) = await _orders.Customer().Read($"/orders/{id}");
        Assert.That(last.Data.ToJsonString(), Is.EqualTo(order.ToJsonString()), "the data is the order");
        Assert.That(await stream.Next(), Is.Null, "it ends with CONFIRMED");
        Assert.That((await elsewhere.Rest()).Select(told => told.Status), Is.EqualTo(new[] { "PENDING", "CONFIRMED" }));
    }

    [Test]
    public async Task Should_tell_of_a_cancellation_step_by_step()
    {
        var id = await _orders.Customer().Order();
        await _orders.Publish(new PaymentCompleted(id, 45, Buyer, 500, "CARD", Now));
        await _orders.Eventually("SELECT status = 'CONFIRMED' FROM orders WHERE id = @id", new { id });
        await using var finished = await OrderStream.Open(_another.Customer(), id);
        Assert.That((await finished.Rest()).Select(told => told.Status), Is.EqualTo(new[] { "CONFIRMED" }));
        await _orders.Customer().Post($"/orders/{id}/cancel");

        await using var stream = await OrderStream.Open(_another.Customer(), id);
        Assert.That((await stream.Next())!.Value.Data["status"]!.GetValue<string>(), Is.EqualTo("CANCELLING"));
        await _orders.Publish(new StockReleased(id, Now));
        await _orders.Publish(new PaymentRefunded(id, 45, 500, Now));

        var end = (await stream.Next())!.Value.Data;
        Assert.That((end["status"]!.GetValue<string>(), end["reason"]!.GetValue<string>()), Is.EqualTo(("CANCELLED", "CUSTOMER")));
        Assert.That(await stream.Next(), Is.Null);
    }

    [Test]
    public async Task Should_replay_exactly_what_was_missed()
    {
        var id = await Cancelled();
        await using var whole = await OrderStream.Open(_orders.Customer(), id, "1");

        var missed = await whole.Rest();

        Assert.That(missed.Select(told => told.Status), Is.EqualTo(new[] { "CONFIRMED", "CANCELLING", "CANCELLED" }));
        for (var seen = 0; seen < missed.Count - 1; seen++)
        {
            await using var rest = await OrderStream.Open(_another.Customer(), id, missed[seen].Id);
            Assert.That(await rest.Rest(), Is.EqualTo(missed.Skip(seen + 1)));
        }

        await using var nothing = await OrderStream.Open(_orders.Customer(), id, missed[^1].Id);
        Assert.That(nothing.Status, Is.EqualTo(204), "an EventSource does not come back");
    }

    [Test]
    public async Task Should_show_each_missed_status_as_it_was()
    {
        await using var stream = await OrderStream.Open(_orders.Customer(), await Cancelled(), "1");

        var confirmed = (await stream.Next())!.Value.Data;

        Assert.That((confirmed["status"]!.GetValue<string>(), confirmed["reason"]), Is.EqualTo(("CONFIRMED", (JsonNode?)null)));
        Assert.That(confirmed["paymentId"], Is.Not.Null);
    }

    [TestCase("0")]
    [TestCase("99")]
    [TestCase("-1")]
    [TestCase("01")]
    [TestCase("x'; DROP TABLE orders; --")]
    [TestCase("")]
    public async Task Should_begin_with_the_status_it_has_when_the_last_event_is_none_of_its_own(string lastEventId)
    {
        await using var stream = await OrderStream.Open(_orders.Customer(), await Cancelled(), lastEventId);

        Assert.That((await stream.Rest()).Select(told => told.Status), Is.EqualTo(new[] { "CANCELLED" }));
    }

    [Test]
    public async Task Should_go_on_where_a_client_that_missed_nothing_left_off()
    {
        var id = await _orders.Customer().Order();
        await using var stream = await OrderStream.Open(_another.Customer(), id, "1");

        await _orders.Publish(new StockRejected(id, [new Shortage(1, 1, 0)]));

        Assert.That((await stream.Rest()).Select(told => told.Status), Is.EqualTo(new[] { "CANCELLED" }));
    }

    [Test]
    public async Task Should_go_on_when_Redis_is_restarted()
    {
        var ids = new[] { await _orders.Customer().Order(), await _orders.Customer().Order(), await _orders.Customer().Order() };
        await using var stream = await OrderStream.Open(_orders.Customer(), ids[0]);
        await using var elsewhere = await OrderStream.Open(_another.Customer(), ids[0]);
        _redis.Kill();
        await _orders.Publish(new StockRejected(ids[0], [new Shortage(1, 1, 0)]));

        Assert.That((await stream.Rest()).Select(told => told.Status), Is.EqualTo(new[] { "PENDING", "CANCELLED" }), "without Redis");
        Assert.That((await elsewhere.Rest()).Select(told => told.Status), Is.EqualTo(new[] { "PENDING", "CANCELLED" }), "without Redis");

        await using var meanwhile = await OrderStream.Open(_another.Customer(), ids[1]);
        _redis.Start();
        await _orders.Publish(new StockRejected(ids[1], [new Shortage(1, 1, 0)]));
        var statuses = (await meanwhile.Rest()).Select(told => told.Status);
        Assert.That(statuses, Is.EqualTo(new[] { "PENDING", "CANCELLED" }), "while it comes back");

        await using var afterwards = await OrderStream.Open(_another.Customer(), ids[2]);
        await _orders.Publish(new StockRejected(ids[2], [new Shortage(1, 1, 0)]));
        statuses = (await afterwards.Rest()).Select(told => told.Status);
        Assert.That(statuses, Is.EqualTo(new[] { "PENDING", "CANCELLED" }), "with Redis again");
    }

    [Test]
    public async Task Should_bound_the_streams_of_a_user()
    {
        var customer = _orders.Customer(70);
        var id = await customer.Order();
        var streams = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => OrderStream.Open(customer, id)));

        await using (var oneTooMany = await OrderStream.Open(customer, id))
        {
            Assert.That((oneTooMany.Status, oneTooMany.MediaType), Is.EqualTo((429, "application/problem+json")));
            Assert.That(oneTooMany.Response.Headers.RetryAfter, Is.Not.Null);
            Assert.That(oneTooMany.Response.Headers.Contains("RateLimit"), Is.True);
            Assert.That(oneTooMany.Response.Headers.Contains("RateLimit-Policy"), Is.True);
        }

        await using var ofTheAdmin = await OrderStream.Open(_orders.Admin(), id);
        Assert.That(ofTheAdmin.Status, Is.EqualTo(200));
        await streams[0].DisposeAsync();
        await Eventually.Is(
            async () =>
            {
                await using var afterOneLeft = await OrderStream.Open(customer, id);
                return afterOneLeft.Status == 200;
            },
            "a permit is given back");
        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }
    }

    [Test]
    public async Task Should_give_a_sign_of_life()
    {
        var id = await _orders.Customer(71).Order();
        using var response = await _orders.Customer(71).GetAsync($"/orders/{id}/events", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());

        var line = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
        while (line is not null && !line.StartsWith(':'))
        {
            line = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
        }

        Assert.That(line, Does.StartWith(":"), "a comment, which clients skip");
    }

    [Test]
    public async Task Should_be_shown_to_its_owner_and_the_admin_alone()
    {
        var id = await _orders.Customer().Order();
        await using var ofAnotherCustomer = await OrderStream.Open(_orders.Customer(8), id);
        await using var withoutToken = await OrderStream.Open(_orders.Anonymous(), id);
        await using var ofNoOrder = await OrderStream.Open(_orders.Customer(), long.MaxValue);

        Assert.That((ofAnotherCustomer.Status, withoutToken.Status, ofNoOrder.Status), Is.EqualTo((404, 401, 404)));
    }

    [Test]
    public async Task Should_not_hold_up_a_service_that_stops()
    {
        var stopping = await _orders.StartAnother();
        var id = await _orders.Customer(72).Order();
        await using var stream = await OrderStream.Open(stopping.Customer(72), id);
        await stream.Next();

        await stopping.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(25));
    }

    private async Task<long> Cancelled()
    {
        var customer = _orders.Customer();
        var id = await customer.Order();
        await _orders.Publish(new PaymentCompleted(id, 46, Buyer, 500, "CARD", Now));
        await _orders.Eventually("SELECT status = 'CONFIRMED' FROM orders WHERE id = @id", new { id });
        await customer.Post($"/orders/{id}/cancel");
        await _orders.Publish(new StockReleased(id, Now));
        await _orders.Publish(new PaymentRefunded(id, 46, 500, Now));
        await _orders.Eventually("SELECT status = 'CANCELLED' FROM orders WHERE id = @id", new { id });
        return id;
    }
}
