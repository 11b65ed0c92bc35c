using System.Globalization;
using RabbitMQ.Client;
using ShopSaga.Tests.Bus.Support;
using Headers = ShopSaga.Bus.Headers;

namespace ShopSaga.Tests.Bus;

/// <summary>Facts of the wire: what other endpoints, and other programs, rely on.</summary>
public class When_a_handler_publishes_an_event
{
    private TestEndpoint _endpoint = null!;
    private Delivery _command = null!;
    private Delivery _event = null!;

    [OneTimeSetUp]
    public async Task Publish()
    {
        _endpoint = await TestEndpoint.Start(configuration => configuration.AddHandler<Doorman>());
        await using var events = await Tap.On<EventDoorOpened>();
        await using var commands = await Tap.On(_endpoint.Name);
        await _endpoint.Session.SendLocal(new OpenDoor(7));
        _command = await commands.Next();
        _event = await events.Next();
    }

    [OneTimeTearDown]
    public ValueTask Stop() => _endpoint.DisposeAsync();

    [Test]
    public void Should_carry_exactly_the_headers_of_an_event() =>
        Assert.That(Wire.Names(_event), Is.EquivalentTo(Wire.HeadersFromHandler));

    [Test]
    public void Should_say_what_it_is_and_where_it_comes_from()
    {
        Assert.That(_event.Headers[Headers.MessageIntent], Is.EqualTo("Publish"));
        Assert.That(_event.Headers[Headers.EnclosedMessageTypes], Is.EqualTo(typeof(EventDoorOpened).AssemblyQualifiedName));
        Assert.That(_event.Headers[Headers.ContentType], Is.EqualTo("application/json"));
        Assert.That(_event.Headers[Headers.OriginatingEndpoint], Is.EqualTo(_endpoint.Name));
        Assert.That(_event.Headers[Headers.OriginatingHostId], Is.EqualTo(TestEndpoint.HostId));
        Assert.That(_event.Headers[Headers.OriginatingMachine], Is.EqualTo(Environment.MachineName));
        Assert.That(_event.Headers[Headers.ReplyToAddress], Is.EqualTo(_endpoint.Name));
        Assert.That(_event.Headers[Headers.NServiceBusVersion], Does.Match(Wire.Version));
        Assert.That(_event.Headers[Headers.TimeSent], Does.Match(Wire.Timestamp));
        Assert.That(_event.Headers[Headers.StartNewTrace], Is.EqualTo("True"));
    }

    [Test]
    public void Should_continue_the_conversation_of_the_command()
    {
        Assert.That(_event.Headers[Headers.MessageId], Does.Match(Wire.Id).And.Not.EqualTo(_command.Headers[Headers.MessageId]));
        Assert.That(_event.Headers[Headers.RelatedTo], Is.EqualTo(_command.Headers[Headers.MessageId]));
        Assert.That(_event.Headers[Headers.CorrelationId], Is.EqualTo(_command.Headers[Headers.CorrelationId]));
        Assert.That(_event.Headers[Headers.ConversationId], Is.EqualTo(_command.Headers[Headers.ConversationId]));
    }

    [Test]
    public void Should_set_the_amqp_properties_from_the_headers()
    {
        var properties = _event.Properties;
        Assert.That(properties.MessageId, Is.EqualTo(_event.Headers[Headers.MessageId]));
        Assert.That(properties.CorrelationId, Is.EqualTo(_event.Headers[Headers.CorrelationId]));
        Assert.That(properties.Type, Is.EqualTo(typeof(EventDoorOpened).FullName));
        Assert.That(properties.ReplyTo, Is.EqualTo(_endpoint.Name));
        Assert.That(properties.ContentType, Is.EqualTo("application/json"));
        Assert.That(properties.DeliveryMode, Is.EqualTo(DeliveryModes.Persistent));
        Assert.That(properties.IsExpirationPresent(), Is.False);
    }

    [Test]
    public void Should_go_to_the_exchange_of_its_type_without_a_routing_key()
    {
        Assert.That(_event.Exchange, Is.EqualTo("ShopSaga.Tests.Bus:EventDoorOpened"));
        Assert.That(_event.RoutingKey, Is.Empty);
    }

    [Test]
    public void Should_have_a_body_of_plain_json() =>
        Assert.That(_event.Body, Is.EqualTo("""{"Door":7,"By":"the doorman","At":"2026-01-02T03:04:05+00:00"}"""));

    [Test]
    public void Should_send_a_command_to_the_endpoint_with_the_headers_of_a_first_message()
    {
        Assert.That(Wire.Names(_command), Is.EquivalentTo(Wire.HeadersFromHandler.Except([Headers.RelatedTo])));
        Assert.That(_command.Headers[Headers.MessageIntent], Is.EqualTo("Send"));
        Assert.That(_command.Headers[Headers.CorrelationId], Is.EqualTo(_command.Headers[Headers.MessageId]));
        Assert.That(_command.Headers[Headers.ConversationId], Does.Match(Wire.Id));
        Assert.That(_command.Headers[Headers.StartNewTrace], Is.EqualTo("False"));
        Assert.That(_command.Exchange, Is.EqualTo(_endpoint.Name));
        Assert.That(_command.RoutingKey, Is.Empty);
    }

    internal sealed record OpenDoor(int Door);

    internal sealed record EventDoorOpened(int Door, string By, DateTimeOffset At);

    internal sealed class Doorman : IHandleMessages<OpenDoor>
    {
        public Task Handle(OpenDoor message, IMessageHandlerContext context) =>
            context.Publish(new EventDoorOpened(
                message.Door, "the doorman", DateTimeOffset.Parse("2026-01-02T03:04:05Z", CultureInfo.InvariantCulture)));
    }
}
