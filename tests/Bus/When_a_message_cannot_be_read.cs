using RabbitMQ.Client;
using ShopSaga.Tests.Bus.Support;
using Headers = ShopSaga.Bus.Headers;

namespace ShopSaga.Tests.Bus;

public class When_a_message_cannot_be_read
{
    private TestEndpoint _endpoint = null!;

    [OneTimeSetUp]
    public async Task Start() => _endpoint = await TestEndpoint.Start(configuration =>
    {
        configuration.AddHandler<Reader>();
        configuration.Recoverability().Delayed(retries => retries.NumberOfRetries(3));
    });

    [OneTimeTearDown]
    public ValueTask Stop() => _endpoint.DisposeAsync();

    [Test]
    public async Task Should_pass_on_to_the_error_queue_as_it_is_what_has_no_id()
    {
        await Broker.Publish(
            _endpoint.Name,
            new BasicProperties { AppId = "other" },
            new Dictionary<string, string> { ["colour"] = "blue" },
            "not for us");
        var poison = await _endpoint.NextFailed();

        Assert.That(poison.Body, Is.EqualTo("not for us"));
        Assert.That(Wire.Names(poison), Is.EqualTo(new[] { "colour" }));
        Assert.That(poison.Properties.AppId, Is.EqualTo("other"));
    }

    [Test]
    public async Task Should_forget_how_often_it_was_delivered()
    {
        await Broker.Publish(
            _endpoint.Name,
            new BasicProperties(),
            new Dictionary<string, string> { ["colour"] = "blue", ["ShopSaga.Bus.EarlierDeliveries"] = "20" },
            "not for us");

        Assert.That(Wire.Names(await _endpoint.NextFailed()), Is.EqualTo(new[] { "colour" }));
    }

    [Test]
    public async Task Should_not_take_the_id_in_the_headers_for_the_one_that_is_missing()
    {
        await Broker.Publish(
            _endpoint.Name,
            new BasicProperties { AppId = "other" },
            new Dictionary<string, string> { [Headers.MessageId] = "logical" },
            "{}");
        var poison = await _endpoint.NextFailed();

        Assert.That(Wire.Names(poison), Is.EqualTo(new[] { Headers.MessageId }), "as it is");
        Assert.That(poison.Properties.IsMessageIdPresent(), Is.False);
    }

    [Test]
    public async Task Should_know_no_type_but_those_that_are_handled_here()
    {
        await Publish($"{typeof(string).AssemblyQualifiedName}", "\"text\"");
        var failed = await _endpoint.NextFailed();

        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.Message"], Does.Contain("System.String"));
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.ExceptionType"], Does.EndWith(".MessageDeserializationException"));
    }

    [Test]
    public async Task Should_make_no_object_of_a_type_without_a_handler()
    {
        await Publish(typeof(Trap).AssemblyQualifiedName!, """{"Door":"open"}""", delayedRetries: 3);
        await _endpoint.NextFailed();

        Assert.That(Trap.Sprung, Is.False);
    }

    [TestCase("", null, "has no body")]
    [TestCase("""{"Pages":3}""", "True", "is flagged as a control message")]
    public async Task Should_move_a_message_that_would_reach_no_handler_to_the_error_queue(string body, string? control, string reason)
    {
        var headers = new Dictionary<string, string> { [Headers.EnclosedMessageTypes] = typeof(ReadBook).AssemblyQualifiedName! };
        if (control is not null)
        {
            headers[Headers.ControlMessageHeader] = control;
        }

        await Broker.Publish(_endpoint.Name, new BasicProperties { MessageId = Guid.NewGuid().ToString() }, headers, body);
        var failed = await _endpoint.NextFailed();

        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.ExceptionType"], Does.EndWith(".MessageDeserializationException"));
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.Message"], Does.Contain(reason));
    }

    [Test]
    public async Task Should_read_a_body_with_a_byte_order_mark()
    {
        await using var read = await Tap.On<EventBookRead>();
        await Publish(typeof(ReadBook).AssemblyQualifiedName!, "\uFEFF{\"Pages\":7}");

        Assert.That((await read.Next()).Body, Is.EqualTo("""{"Pages":7}"""));
    }

    [Test]
    public async Task Should_take_a_control_message_for_processed_with_any_body()
    {
        var id = Guid.NewGuid().ToString();
        await Broker.Publish(
            _endpoint.Name,
            new BasicProperties { MessageId = id },
            new Dictionary<string, string> { [Headers.ControlMessageHeader] = "true" },
            "{ not json");

        await Eventually.Is(
            async () => await _endpoint.Count($"\"MessageId\" = '{id}' and \"Dispatched\"") == 1, "processed without a handler");
    }

    [TestCase("{ not json")]
    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("""{"Pages":"many"}""")]
    public async Task Should_move_a_body_that_is_not_its_type_to_the_error_queue_without_retries(string body)
    {
        await Publish(typeof(ReadBook).AssemblyQualifiedName!, body);
        var failed = await _endpoint.NextFailed();

        Assert.That(failed.Body, Is.EqualTo(body));
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.ExceptionType"], Does.EndWith(".MessageDeserializationException"));
        Assert.That(failed.Headers, Does.Not.ContainKey(Headers.DelayedRetriesTimestamp));
    }

    [Test]
    public async Task Should_move_a_message_of_an_unknown_type_to_the_error_queue_without_retries()
    {
        await Publish("Somewhere.Else.Happened, Somewhere.Else, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null", "{}");
        var failed = await _endpoint.NextFailed();

        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.ExceptionType"], Does.EndWith(".MessageDeserializationException"));
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.Message"], Does.Contain("Somewhere.Else.Happened"));
    }

    [Test]
    public async Task Should_move_a_message_that_does_not_say_its_type_to_the_error_queue_without_retries()
    {
        await Broker.Publish(
            _endpoint.Name, new BasicProperties { MessageId = Guid.NewGuid().ToString() }, new Dictionary<string, string>(), "{}");
        var failed = await _endpoint.NextFailed();

        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.ExceptionType"], Does.EndWith(".MessageDeserializationException"));
    }

    [Test]
    public async Task Should_go_on_with_the_messages_behind_it()
    {
        await using var read = await Tap.On<EventBookRead>();
        await Publish(typeof(ReadBook).AssemblyQualifiedName!, "{ not json");
        await Broker.Send(_endpoint.Name, new ReadBook(300));

        Assert.That((await read.Next()).Body, Is.EqualTo("""{"Pages":300}"""));
        await _endpoint.NextFailed();
    }

    [Test]
    public async Task Should_read_a_type_by_its_full_name_when_its_assembly_is_called_otherwise()
    {
        await using var read = await Tap.On<EventBookRead>();
        await Publish(
            $"{typeof(ReadBook).FullName}, Their.Messages, Version=3.0.0.0, Culture=neutral, PublicKeyToken=null",
            """{"Pages":1,"New":true}""");

        Assert.That((await read.Next()).Body, Is.EqualTo("""{"Pages":1}"""));
    }

    private Task Publish(string types, string body, int delayedRetries = 0) => Broker.Publish(
        _endpoint.Name,
        new BasicProperties { MessageId = Guid.NewGuid().ToString() },
        new Dictionary<string, string> { [Headers.EnclosedMessageTypes] = types, [Headers.DelayedRetries] = $"{delayedRetries}" },
        body);

    internal sealed class Trap
    {
        public static bool Sprung { get; private set; }

        public string? Door
        {
            get => null;
            set => Sprung = value is not null;
        }
    }

    internal sealed record ReadBook(int Pages);

    internal sealed record EventBookRead(int Pages);

    internal sealed class Reader : IHandleMessages<ReadBook>
    {
        public Task Handle(ReadBook message, IMessageHandlerContext context) => context.Publish(new EventBookRead(message.Pages));
    }
}
