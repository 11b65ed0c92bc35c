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

    /// <summary>But for the numbers that are none: the broker closes the connection of a sender of NaN or infinity.</summary>
    [Test]
    public async Task Should_read_headers_of_every_type_of_AMQP()
    {
        object? nested = "innermost";
        for (var depth = 0; depth < 50; depth++)
        {
            nested = depth % 2 == 0
                ? new Dictionary<string, object?> { ["k"] = nested, ["void"] = null }
                : new List<object?> { nested, 1.5m, new AmqpTimestamp(0) };
        }

        var properties = new BasicProperties
        {
            MessageId = Guid.NewGuid().ToString(),
            Headers = new Dictionary<string, object?>
            {
                [Headers.EnclosedMessageTypes] = typeof(OpenDoor).FullName,
                ["void"] = null,
                ["boolean"] = true,
                ["byte"] = byte.MaxValue,
                ["signed byte"] = sbyte.MinValue,
                ["short"] = short.MinValue,
                ["unsigned short"] = ushort.MaxValue,
                ["int"] = int.MinValue,
                ["unsigned int"] = uint.MaxValue,
                ["long"] = long.MinValue,
                ["float"] = float.Epsilon,
                ["double"] = double.MinValue,
                ["decimal"] = -12_345.6789m,
                ["timestamp"] = new AmqpTimestamp(0),
                ["bytes"] = new byte[] { 0xff, 0xfe, 0 },
                ["binary"] = new BinaryTableValue([1, 2, 3]),
                ["table"] = new Dictionary<string, object?> { ["a"] = 1, ["b"] = new Dictionary<string, object?> { ["c"] = null } },
                ["list"] = new List<object?> { 1, "two", new List<object?>() },
                ["nested"] = nested,
            },
        };
        await using var endpoint = await Start();
        await using var channel = await Broker.NewChannel();
        await channel.BasicPublishAsync(endpoint.Name, "", mandatory: true, properties, """{"Fails":true}"""u8.ToArray());

        var failed = await endpoint.NextFailed();
        await AssertHandlesTheNext(endpoint);
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.Message"], Does.Contain("한한한"));
        Assert.That(
            (failed.Headers["void"], failed.Headers["boolean"], failed.Headers["long"], failed.Headers["decimal"]),
            Is.EqualTo(("", "True", "-9223372036854775808", "-12345.6789")));
        Assert.That((failed.Headers["table"], failed.Headers["list"]), Is.EqualTo(("a=1,b=c=", "1;two;")));
        Assert.That(failed.Headers["nested"], Does.Contain("innermost"));
    }

    /// <summary>As many as a frame can hold. One without an id cannot be read, and goes on as it came.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task Should_survive_lists_that_are_nested_in_lists(bool hasId)
    {
        object nested = new List<object?>();
        for (var depth = 0; depth < 23_000; depth++)
        {
            nested = new List<object?> { nested };
        }

        var properties = new BasicProperties
        {
            Headers = new Dictionary<string, object?> { ["nested"] = nested, ["at no time"] = new AmqpTimestamp(long.MaxValue) },
        };
        if (hasId)
        {
            properties.MessageId = Guid.NewGuid().ToString();
        }

        await using var endpoint = await Start();
        await using var channel = await Broker.NewChannel();
        await channel.BasicPublishAsync(endpoint.Name, "", mandatory: true, properties, "{}"u8.ToArray());

        await endpoint.NextFailed();
        await AssertHandlesTheNext(endpoint);
    }

    [Test]
    public async Task Should_move_a_message_as_it_came_when_no_copy_of_it_can_be_made()
    {
        var failed = await AssertFailsWithoutReason(
            new() { [Headers.EnclosedMessageTypes] = typeof(OpenDoor).FullName!, ["colour"] = "blue" }, """{"Unspeakable":true}""");

        Assert.That((failed.Headers["colour"], failed.Body), Is.EqualTo(("blue", """{"Unspeakable":true}""")));
        Assert.That(failed.Headers.Keys, Has.None.StartsWith("NServiceBus.ExceptionInfo."));
    }

    /// <summary>The broker takes the user id of a message from that user alone, so no copy may carry it.</summary>
    [TestCase(false, 0)]
    [TestCase(true, 0)]
    [TestCase(true, 10)]
    public async Task Should_pass_on_what_another_user_of_the_broker_has_sent(bool hasId, int deliveries)
    {
        await using var endpoint = await Start();
        await using var other = await OtherUser.New();
        await other.Publish(
            endpoint.Name,
            new BasicProperties
            {
                MessageId = hasId ? Guid.NewGuid().ToString() : null,
                Headers = new Dictionary<string, object?>
                {
                    [Headers.EnclosedMessageTypes] = typeof(OpenDoor).FullName,
                    ["x-delivery-count"] = deliveries,
                },
            },
            """{"Fails":true}""");

        await endpoint.NextFailed();
        await AssertHandlesTheNext(endpoint);
    }

    /// <summary>The broker reads further routing keys from two headers, and closes the channel where they are no lists.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task Should_pass_on_a_message_without_its_carbon_copies(bool hasId)
    {
        var properties = new BasicProperties
        {
            Headers = new Dictionary<string, object?>
            {
                [Headers.EnclosedMessageTypes] = typeof(OpenDoor).FullName,
                ["CC"] = new List<object?> { "elsewhere" },
            },
        };
        if (hasId)
        {
            properties.MessageId = Guid.NewGuid().ToString();
        }

        await using var endpoint = await Start();
        await using var channel = await Broker.NewChannel();
        await channel.BasicPublishAsync(endpoint.Name, "", mandatory: true, properties, """{"Fails":true}"""u8.ToArray());

        var failed = await endpoint.NextFailed();
        await AssertHandlesTheNext(endpoint);
        Assert.That(failed.Headers.Keys, Has.No.Member("CC"));
        Assert.That(failed.Headers.ContainsKey("NServiceBus.FailedQ"), Is.EqualTo(hasId), "it says where it failed");
    }

    private async Task<Delivery> AssertFails(Dictionary<string, string> headers, string reason, string body = "{}")
    {
        var failed = await AssertFailsWithoutReason(headers, body);
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.Message"], Does.Contain(reason));
        return failed;
    }

    private async Task<Delivery> AssertFailsWithoutReason(Dictionary<string, string> headers, string body)
    {
        await using var endpoint = await Start();
        await Send(endpoint, headers, body);
        var failed = await endpoint.NextFailed();
        await AssertHandlesTheNext(endpoint);
        return failed;
    }

    private async Task AssertHandlesTheNext(TestEndpoint endpoint)
    {
        await Broker.Send(endpoint.Name, new OpenDoor(Fails: false), "the next");
        await Eventually.Is(() => _handled.All.Contains("the next"), "the next message is handled");

        Assert.That(_handled.All.Count(handled => handled != "the next"), Is.LessThanOrEqualTo(1), "no circle");
        Assert.That(await Broker.Depth(endpoint.ErrorQueue), Is.Zero, "no second copy");
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

    internal sealed record OpenDoor(bool Fails, bool Unspeakable = false);

    internal sealed record EventDoorOpened;

    internal sealed class Porter(Seen<string> handled) : IHandleMessages<OpenDoor>
    {
        public Task Handle(OpenDoor message, IMessageHandlerContext context)
        {
            handled.Add(context.MessageId);
            return message.Unspeakable
                ? throw new UnspeakableException()
                : message.Fails
                ? throw new InvalidOperationException(new StringBuilder().Insert(0, "한", 40_000).ToString())
                : context.Publish(new EventDoorOpened());
        }
    }

    /// <summary>What it says cannot be read, so no header can carry it.</summary>
    internal sealed class UnspeakableException : Exception
    {
        public override string Message => throw new InvalidOperationException("no text");
    }
}
