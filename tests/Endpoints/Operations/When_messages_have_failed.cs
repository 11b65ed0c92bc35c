using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace ShopSaga.Tests.Endpoints.Operations;

[TestFixture]
[FixtureLifeCycle(LifeCycle.SingleInstance)]
internal sealed class When_messages_have_failed
{
    private const string Groups = "/operations/failed-messages/groups";
    private const string All = "/operations/failed-messages/return";
    private OperationsApp _operations = null!;
    private HttpClient _admin = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _operations = await OperationsApp.Start(new() { ["ServicePulse:Address"] = "https://servicepulse.example" });
        _admin = _operations.Admin();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _admin.Dispose();
        await _operations.DisposeAsync();
    }

    [SetUp]
    public async Task Empty()
    {
        await _operations.Empty();

        // What was read last is shown again for some seconds while the number of messages is the same.
        await OperationsApp.Get(_admin, "/operations/failed-messages");
    }

    [Test]
    public async Task Should_be_grouped_by_exception_and_type_the_largest_group_first()
    {
        await _operations.Fail("1");
        await _operations.Fail("2", exception: "System.TimeoutException");
        await _operations.Fail("3");

        var groups = await OperationsApp.Get(_admin, Groups);

        Assert.That(
            groups["items"]!.AsArray().Select(group => $"{group!["exceptionType"]} {group["messageType"]} {group["messages"]}"),
            Is.EqualTo(new[]
            {
                "System.InvalidOperationException ShopSaga.Orders.Ship 2", "System.TimeoutException ShopSaga.Orders.Ship 1",
            }));
        Assert.That((int)groups["messages"]!, Is.EqualTo(3));
        Assert.That((bool)groups["isConsumed"]!, Is.False);
        Assert.That((string)groups["servicePulse"]!, Is.EqualTo("https://servicepulse.example/"), "where an operator is led");
        var largest = (string)groups["items"]![0]!["id"]!;
        var listed = await OperationsApp.Get(_admin, $"/operations/failed-messages?group={largest}");
        Assert.That(listed["items"]!.AsArray().Select(message => (string)message!["messageId"]!), Is.EquivalentTo(new[] { "1", "3" }));
    }

    [Test]
    public async Task Should_be_shown_with_exception_headers_and_body()
    {
        await _operations.Fail("1");
        var listed = await OperationsApp.Get(_admin, "/operations/failed-messages");

        var message = await OperationsApp.Get(_admin, $"/operations/failed-messages/{listed["items"]![0]!["id"]}");

        Assert.That((string)message["message"]!["failedAt"]!, Is.EqualTo("2026-11-22T05:59:28.123456+00:00"));
        Assert.That((string)message["message"]!["queue"]!, Is.EqualTo(OperationsApp.Target));
        Assert.That((string)message["message"]!["exceptionMessage"]!, Is.EqualTo("It broke."));
        Assert.That((string)message["stackTrace"]!, Is.EqualTo("at Ship.Handle()"));
        Assert.That((string)message["body"]!, Is.EqualTo("""{"Number":"1"}"""));
        Assert.That(message["headers"]!.AsArray().Select(header => (string)header!["name"]!), Does.Contain("NServiceBus.FailedQ"));
    }

    [Test]
    public async Task Should_stay_in_order_and_uncounted_however_often_they_are_looked_at()
    {
        for (var number = 0; number < 40; number++)
        {
            await _operations.Fail($"{number}");
        }

        var id = (string)(await OperationsApp.Get(_admin, "/operations/failed-messages"))["items"]![0]!["id"]!;

        // Above 20, the number of deliveries after which RabbitMQ 4 drops a message.
        for (var look = 0; look < 22; look++)
        {
            await OperationsApp.Get(_admin, $"/operations/failed-messages/{id}");
        }

        var errors = await _operations.DrainErrors();
        Assert.That(
            errors.Select(error => error.BasicProperties.MessageId), Is.EqualTo(Enumerable.Range(0, 40).Select(number => $"{number}")));
        Assert.That(errors.Select(error => Convert.ToInt64(
            error.BasicProperties.Headers!["x-delivery-count"], CultureInfo.InvariantCulture)), Is.All.Zero, "the broker's own count");
    }

    [Test]
    public async Task Should_be_returned_one_by_one_by_group_and_all()
    {
        await _operations.Fail("1");
        await _operations.Fail("2", exception: "System.TimeoutException");
        await _operations.Fail("3");
        await _operations.Fail("4", exception: "System.FormatException");
        var listed = await OperationsApp.Get(_admin, "/operations/failed-messages");
        JsonNode Find(string message) => listed["items"]!.AsArray().Single(each => (string)each!["messageId"]! == message)!;

        var one = await OperationsApp.Return(_admin, $"/operations/failed-messages/{Find("1")["id"]}/return");
        Assert.That((await _operations.Drain()).Select(each => each.BasicProperties.MessageId), Is.EqualTo(new[] { "1" }));

        var group = await OperationsApp.Return(_admin, $"/operations/failed-messages/groups/{Find("2")["group"]}/return");
        Assert.That((await _operations.Drain()).Select(each => each.BasicProperties.MessageId), Is.EqualTo(new[] { "2" }));

        var all = await OperationsApp.Return(_admin, All);
        var rest = await _operations.Drain();
        Assert.That(rest.Select(each => each.BasicProperties.MessageId), Is.EqualTo(new[] { "3", "4" }));
        Assert.That(
            rest.SelectMany(each => each.BasicProperties.Headers!.Keys), Has.None.StartsWith("NServiceBus.ExceptionInfo"));
        Assert.That(
            new[] { one, group, all }.Select(each => $"{each["status"]} {each["looked"]}/{each["total"]} {each["returned"]}"),
            Is.EqualTo(new[] { "DONE 4/4 1", "DONE 3/3 1", "DONE 2/2 2" }));
    }

    [Test]
    public async Task Should_stay_with_a_reason_when_they_cannot_be_returned()
    {
        await _operations.Fail("1", queue: null);
        await _operations.Fail("2", queue: "ShopSaga.Gone");

        var all = await OperationsApp.Return(_admin, All);

        Assert.That(
            all["left"]!.AsArray().Select(left => $"{left!["queue"]} {left["reason"]}"),
            Is.EquivalentTo(new[] { " it has no header with the queue it failed in", "ShopSaga.Gone the exchange does not exist" }));
        Assert.That(await _operations.DrainErrors(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Should_be_returned_once_when_two_operators_return_the_same_group_at_two_processes()
    {
        const int messages = 150;
        for (var number = 0; number < messages; number++)
        {
            await _operations.Fail($"{number}", exception: number % 2 == 0 ? "System.TimeoutException" : "System.FormatException");
        }

        var group = (string)(await OperationsApp.Get(_admin, Groups))["items"]![0]!["id"]!;
        await using var other = _operations.StartAnother();
        using var second = other.Admin();
        var path = $"/operations/failed-messages/groups/{group}/return";

        var returns = await Task.WhenAll(
            OperationsApp.Return(_admin, path), OperationsApp.Return(second, path), OperationsApp.Return(second, All));

        Assert.That(returns.Select(each => (string)each["status"]!), Is.All.EqualTo("DONE"));
        Assert.That(returns.Sum(each => (int)each["returned"]!), Is.EqualTo(messages));
        var returned = await _operations.Drain();
        Assert.That(
            returned.Select(each => int.Parse(each.BasicProperties.MessageId!, System.Globalization.CultureInfo.InvariantCulture)),
            Is.EquivalentTo(Enumerable.Range(0, messages)));
    }

    [Test]
    public async Task Should_have_one_return_when_an_operator_asks_twice()
    {
        await _operations.Fail("1");

        // The lock of the error queue, as another process would hold it.
        await _operations.Broker.QueueDeclareAsync("error.lock", durable: false, exclusive: true, autoDelete: false);
        using var first = await _admin.PostAsync(All, content: null);
        using var again = await _admin.PostAsync(All, content: null);
        await _operations.Broker.QueueDeleteAsync("error.lock");

        Assert.That(again.Headers.Location, Is.EqualTo(first.Headers.Location));
        await Eventually.Is(
            async () => (string)(await OperationsApp.Get(_admin, first.Headers.Location!.OriginalString))["status"]! == "DONE",
            "it is done");
        Assert.That(await _operations.Drain(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Should_not_seem_to_be_consumed_while_another_process_returns_them()
    {
        await _operations.Fail("1");

        // A pass holds the lock, and counts as a consumer during each of its gets.
        await _operations.Broker.QueueDeclareAsync("error.lock", durable: false, exclusive: true, autoDelete: false);
        await using (var pass = await _operations.NewChannel())
        {
            await pass.BasicQosAsync(0, 1, global: false);
            await pass.BasicConsumeAsync("error", autoAck: false, new AsyncEventingBasicConsumer(pass));
            using var accepted = await _admin.PostAsync(All, content: null);
            Assert.That(accepted.StatusCode, Is.EqualTo(HttpStatusCode.Accepted), await accepted.Content.ReadAsStringAsync());
        }

        await _operations.Broker.QueueDeleteAsync("error.lock");
        await Eventually.Is(async () => (await _operations.Drain()).Count == 1, "the message is returned");
    }

    [Test]
    public async Task Should_be_shown_bounded_and_as_data_when_they_are_hostile()
    {
        // As much as a frame of the protocol takes.
        var headers = Enumerable.Range(0, 250)
            .ToDictionary(number => $"<img src=x onerror={number}>", _ => (object?)new string('x', 300));
        headers["long"] = new string('x', 9_000);
        headers["NServiceBus.TimeOfFailure"] = "yesterday";
        headers["NServiceBus.ExceptionInfo.ExceptionType"] = "<script>alert(1)</script>\u202e\0";
        headers["NServiceBus.EnclosedMessageTypes"] = new byte[] { 0xff, 0xfe, 0x00 };
        headers["NServiceBus.MessageId"] = new Dictionary<string, object?> { ["nested"] = true };
        await _operations.Fail("", headers, [0xff, 0x00, 0xd8, 0x3c]);
        await _operations.Fail("2", [], Encoding.UTF8.GetBytes(new string('é', 100_000)));
        var listed = await OperationsApp.Get(_admin, "/operations/failed-messages");

        foreach (var id in listed["items"]!.AsArray().Select(message => (string)message!["id"]!))
        {
            using var answer = await _admin.GetAsync($"/operations/failed-messages/{id}");
            var text = await answer.Content.ReadAsStringAsync();

            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/json"));
            Assert.That(text.Length, Is.LessThan(1_000_000));
            var message = JsonNode.Parse(text)!;
            Assert.That(message["headers"]!.AsArray(), Has.Count.LessThanOrEqualTo(200));
            Assert.That(message["message"]!["failedAt"], Is.Null);
            Assert.That(
                $"{message["bodyEncoding"]} {message["bodyLength"]} {message["isBodyCut"]}",
                Is.EqualTo("BASE64 4 false").Or.EqualTo("TEXT 200000 true"));
        }

        Assert.That(listed["items"]!.AsArray(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Should_be_left_to_ServiceControl_when_it_consumes_the_error_queue()
    {
        // A channel of its own: a quorum queue counts a consumer until the messages that it holds are given back.
        await using var serviceControl = await _operations.NewChannel();
        await serviceControl.BasicConsumeAsync("error", autoAck: false, new AsyncEventingBasicConsumer(serviceControl));
        await _operations.Fail("1");

        var groups = await OperationsApp.Get(_admin, Groups);
        using var refused = await _admin.PostAsync(All, content: null);

        Assert.That((bool)groups["isConsumed"]!, Is.True);
        await Problem.Expect(refused, HttpStatusCode.Conflict, "conflict");
    }

    [TestCase("GET", Groups)]
    [TestCase("GET", "/operations/failed-messages")]
    [TestCase("POST", All)]
    [TestCase("GET", "/operations/returns")]
    [TestCase("GET", "/operations/queues")]
    [TestCase("GET", "/operations/services")]
    [TestCase("GET", "/operations/outboxes")]
    [TestCase("GET", "/operations/open-orders")]
    public async Task Should_be_shown_to_administrators_only(string method, string path)
    {
        using var customer = _operations.Customer();
        using var anonymous = _operations.Anonymous();
        using var forbidden = await customer.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        using var unauthenticated = await anonymous.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        await Problem.Expect(forbidden, HttpStatusCode.Forbidden, "forbidden");
        await Problem.Expect(unauthenticated, HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [TestCase("/operations/failed-messages/00000000000000000000000000000000")]
    [TestCase("/operations/failed-messages/what")]
    [TestCase("/operations/returns/1")]
    public async Task Should_not_be_found_by_an_unknown_id(string path)
    {
        using var answer = await _admin.GetAsync(path);
        await Problem.Expect(answer, HttpStatusCode.NotFound, "not-found");
    }
}
