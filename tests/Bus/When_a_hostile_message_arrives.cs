using System.Text;
using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;
using ShopSaga.Tests.Bus.Support;
using Headers = ShopSaga.Bus.Headers;

namespace ShopSaga.Tests.Bus;

/// <summary>Each goes to the error queue, none circles, and the messages behind it are handled over the same connections.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_a_hostile_message_arrives
{
    private readonly Seen<string> _handled = new();

    [TestCase("MyShop.Events.OrderPlaced, MyShop.Events, v2", TestName = "Should_not_parse_an_assembly_that_is_no_name")]
    [TestCase("a[[, , ]], ,,,==, Version=", TestName = "Should_not_parse_what_is_no_type_name")]
    public Task Should_not_parse(string type) => AssertFails(new() { [Headers.EnclosedMessageTypes] = type }, "unknown type");

    [Test]
    public Task Should_survive_a_type_name_that_would_overflow_the_stack() =>
        AssertFails(new() { [Headers.EnclosedMessageTypes] = typeof(OpenDoor).FullName + new string('*', 20_000) }, "unknown type");

    [Test]
    public Task Should_take_a_type_name_that_is_longer_than_a_short_string() =>
        AssertFails(new() { [Headers.EnclosedMessageTypes] = new string('T', 300) }, "unknown type");

    [Test]
    public async Task Should_take_an_id_that_is_longer_than_a_short_string_and_than_the_column()
    {
        var id = new string('é', 300);
        var failed = await AssertFails(
            new() { [Headers.MessageId] = id, [Headers.EnclosedMessageTypes] = typeof(OpenDoor).FullName! }, "300 characters");

        Assert.That(failed.Headers[Headers.MessageId], Is.EqualTo(id), "the header has all of it");
        Assert.That(failed.Properties.MessageId, Is.EqualTo(new string('é', 127)), "255 bytes at most");
    }

    [Test]
    public async Task Should_carry_as_much_of_a_failure_in_another_script_as_fits_into_a_frame()
    {
        var failed = await AssertFails(
            new()
            {
                [Headers.EnclosedMessageTypes] = typeof(OpenDoor).FullName!,
                ["colour"] = new string('b', 20_000),
            }, "한한한", """{"Fails":true}""");

        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.Message"], Does.Match("^한+$"));
        Assert.That(failed.Headers["colour"], Has.Length.EqualTo(20_000), "details of the exception are cut first");
    }

    [TestCase("unknown")]
    [TestCase("handled")]
    public async Task Should_say_which_header_it_cut_when_the_message_fills_the_frame_already(string type)
    {
        var failed = await AssertFails(
            new()
            {
                [Headers.EnclosedMessageTypes] = type == "handled" ? typeof(OpenDoor).FullName! : type,
                ["filler"] = new string('x', 130_000),
            },
            type == "handled" ? "한한한" : "unknown type",
            """{"Fails":true}""");

        Assert.That(failed.Headers["filler"], Has.Length.LessThan(130_000));
        Assert.That(failed.Headers["ShopSaga.Bus.Cut"], Does.Contain("filler (130000 bytes)"));
        Assert.That(failed.Headers["NServiceBus.FailedQ"], Is.Not.Empty);
    }

    [Test]
    public async Task Should_send_on_what_it_can_of_a_header_that_every_message_inherits()
    {
        await using var endpoint = await Start();
        await using var opened = await Tap.On<EventDoorOpened>();
        await Send(
            endpoint,
            new()
            {
                [Headers.EnclosedMessageTypes] = typeof(OpenDoor).FullName!,
                [Headers.CorrelationId] = new string('c', 60_000),
                [Headers.ConversationId] = new string('d', 60_000),
            },
            "{}");

        var sent = await opened.Next();
        Assert.That(sent.Headers[Headers.CorrelationId].Length + sent.Headers[Headers.ConversationId].Length, Is.LessThan(120_000));
        Assert.That(sent.Headers["ShopSaga.Bus.Cut"], Does.Contain("(60000 bytes)"));
        Assert.That(await Broker.Depth(endpoint.ErrorQueue), Is.Zero);
    }

    [Test]
    public async Task Should_take_ten_thousand_small_headers()
    {
        var headers = Enumerable.Range(0, 9_000).ToDictionary(number => $"h{number}", _ => "x");
        headers[Headers.EnclosedMessageTypes] = "unknown";

        await AssertFails(headers, "unknown type");
    }

    private async Task<Delivery> AssertFails(Dictionary<string, string> headers, string reason, string body = "{}")
    {
        await using var endpoint = await Start();
        await Send(endpoint, headers, body);
        var failed = await endpoint.NextFailed();
        await Broker.Send(endpoint.Name, new OpenDoor(Fails: false), "the next");
        await Eventually.Is(() => _handled.All.Contains("the next"), "the next message is handled");

        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.Message"], Does.Contain(reason));
        Assert.That(_handled.All.Count(handled => handled != "the next"), Is.LessThanOrEqualTo(1), "no circle");
        Assert.That(await Broker.Depth(endpoint.ErrorQueue), Is.Zero, "no second copy");
        return failed;
    }

    private static Task Send(TestEndpoint endpoint, Dictionary<string, string> headers, string body) =>
        Broker.Publish(endpoint.Name, new BasicProperties { MessageId = Guid.NewGuid().ToString() }, headers, body);

    private Task<TestEndpoint> Start() => TestEndpoint.Start(
        configuration =>
        {
            configuration.AddHandler<Porter>();
            configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
        },
        services => services.AddSingleton(_handled));

    internal sealed record OpenDoor(bool Fails);

    internal sealed record EventDoorOpened;

    internal sealed class Porter(Seen<string> handled) : IHandleMessages<OpenDoor>
    {
        public Task Handle(OpenDoor message, IMessageHandlerContext context)
        {
            handled.Add(context.MessageId);
            return message.Fails
                ? throw new InvalidOperationException(new StringBuilder().Insert(0, "한", 40_000).ToString())
                : context.Publish(new EventDoorOpened());
        }
    }
}
