using System.Diagnostics;
using System.Text;
using RabbitMQ.Client;
using Headers = ShopSaga.Bus.Headers;

namespace ShopSaga.Tests.Unit.Bus;

/// <summary>Which of headers and AMQP properties counts, by the rules of the wire contract.</summary>
public class When_headers_become_properties
{
    [Test]
    public void Should_read_header_values_of_every_kind_as_text() => Assert.That(
        HeadersOf(new BasicProperties { MessageId = "1" }, new()
        {
            ["text"] = Encoding.UTF8.GetBytes("größer"),
            ["number"] = 4.5,
            ["flag"] = true,
            ["nothing"] = null,
            ["time"] = new AmqpTimestamp(1_787_317_262),
            ["at no time"] = new AmqpTimestamp(long.MaxValue),
            ["table"] = new Dictionary<string, object?> { ["a"] = 1, ["b"] = Encoding.UTF8.GetBytes("two") },
            ["list"] = new List<object?> { 1L, Encoding.UTF8.GetBytes("two") },
        }).Where(header => header.Key != Headers.MessageId),
        Is.EquivalentTo(new Dictionary<string, string>
        {
            ["text"] = "größer",
            ["number"] = "4.5",
            ["flag"] = "True",
            ["nothing"] = "",
            ["time"] = "2026-08-21 13:01:02:000000 Z",
            ["at no time"] = "9223372036854775807",
            ["table"] = "a=1,b=two",
            ["list"] = "1;two",
        }));

    [Test]
    [Explicit("It measures time, which is not to be had on a machine that does other work.")]
    public void Should_take_time_in_proportion_to_the_number_of_headers()
    {
        BestTime(1_000);
        var (few, many) = (BestTime(1_000), BestTime(8_000));

        Assert.That(many / few, Is.LessThan(32), "8 in proportion to the number, 64 in proportion to its square");

        static double BestTime(int count)
        {
            const int runs = 9;
            const uint roomForHalf = 6;
            var properties = new BasicProperties
            {
                MessageId = "1",
                Headers = Enumerable.Range(0, count).ToDictionary(number => $"h{number}", _ => (object?)"x"u8.ToArray()),
            };
            return Enumerable.Range(0, runs).Min(_ =>
            {
                var start = Stopwatch.GetTimestamp();
                var message = AmqpMapping.ToMessage(properties, redelivered: false, default);
                AmqpMapping.ToProperties(
                    new OutgoingOperation { MessageId = "1", Headers = message.Headers.ToDictionary(), Body = default },
                    (uint)(12 * 1024 + (count * roomForHalf)));
                return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            });
        }
    }

    [TestCase("NServiceBus.Transport.RabbitMQ.DelayInSeconds")]
    [TestCase("NServiceBus.Transport.RabbitMQ.ConfirmationId")]
    [TestCase("x-death")]
    [TestCase("x-first-death-exchange")]
    [TestCase("x-first-death-queue")]
    [TestCase("x-first-death-reason")]
    [TestCase("x-delivery-count")]
    [TestCase("x-dotnet-pub-seq-no")]
    public void Should_not_show_what_broker_and_client_noted(string header) =>
        Assert.That(
            HeadersOf(new BasicProperties { MessageId = "1" }, new() { [header] = 1L }).Keys, Is.EqualTo(new[] { Headers.MessageId }));

    [Test]
    public void Should_let_properties_count_before_headers_except_for_the_type()
    {
        var properties = new BasicProperties
        {
            MessageId = "native",
            ReplyTo = "there",
            CorrelationId = "thread",
            ContentType = "application/json",
            Type = "T",
        };
        var headers = HeadersOf(properties, new()
        {
            [Headers.MessageId] = "logical",
            [Headers.ReplyToAddress] = "elsewhere",
            [Headers.CorrelationId] = "other",
            [Headers.ContentType] = "text/xml",
            [Headers.EnclosedMessageTypes] = "Sales.Placed, Sales",
        });

        Assert.That(headers, Is.EquivalentTo(new Dictionary<string, string>
        {
            [Headers.MessageId] = "logical",
            [Headers.ReplyToAddress] = "there",
            [Headers.CorrelationId] = "thread",
            [Headers.ContentType] = "application/json",
            [Headers.EnclosedMessageTypes] = "Sales.Placed, Sales",
        }));
    }

    [Test]
    public void Should_answer_an_old_callback_where_it_waits() => Assert.That(
        HeadersOf(
            new BasicProperties { MessageId = "1", ReplyTo = "there" },
            new() { ["NServiceBus.RabbitMQ.CallbackQueue"] = "back" })[Headers.ReplyToAddress],
        Is.EqualTo("back"));

    [TestCase(null, ExpectedResult = "native")]
    [TestCase("", ExpectedResult = "native")]
    [TestCase("logical", ExpectedResult = "logical")]
    public string Should_know_a_message_by_the_id_in_its_headers_or_else_by_the_native_one(string? id) =>
        HeadersOf(new BasicProperties { MessageId = "native" }, id is null ? [] : new() { [Headers.MessageId] = id })[Headers.MessageId];

    [TestCase(false, null, ExpectedResult = 1)]
    [TestCase(false, 3L, ExpectedResult = 1)]
    [TestCase(true, null, ExpectedResult = 2)]
    [TestCase(true, 3L, ExpectedResult = 4)]
    public int Should_count_deliveries(bool redelivered, long? before) => AmqpMapping.ToMessage(
        new BasicProperties
        {
            MessageId = "1",
            Headers = before is null ? null : new Dictionary<string, object?> { ["x-delivery-count"] = before },
        },
        redelivered,
        default).DeliveryAttempt;

    [Test]
    public void Should_keep_a_transient_message_transient()
    {
        var headers = HeadersOf(new BasicProperties { MessageId = "1", DeliveryMode = DeliveryModes.Transient }, []);
        var properties = AmqpMapping.ToProperties(
            new OutgoingOperation { MessageId = "1", Headers = headers, Body = default, Destination = "error" }, maxFrame: 0);

        Assert.That(properties.DeliveryMode, Is.EqualTo(DeliveryModes.Transient));
        Assert.That(properties.Headers!.Keys, Is.EqualTo(new[] { Headers.MessageId }), "in the property alone");
    }

    private static Dictionary<string, string> HeadersOf(BasicProperties properties, Dictionary<string, object?> headers)
    {
        properties.Headers = headers.ToDictionary(
            header => header.Key, header => header.Value is string text ? Encoding.UTF8.GetBytes(text) : header.Value);
        return new(AmqpMapping.ToMessage(properties, redelivered: false, default).Headers);
    }
}
