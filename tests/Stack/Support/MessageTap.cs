using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using ShopSaga.Local.Layout;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>Records a copy of every message that the broker delivers to the endpoints and to the error queue.</summary>
internal sealed class MessageTap : IAsyncDisposable
{
    public const string Error = "error";
    private const string Endpoint = "ShopSaga.";
    private readonly ConcurrentQueue<Delivery> _deliveries = [];
    private readonly IConnection _connection;

    private MessageTap(IConnection connection) => _connection = connection;

    public static async Task<MessageTap> Start()
    {
        var tap = new MessageTap(await new ConnectionFactory { Uri = new Uri(RunningSystem.Stack.BrokerAddress) }.CreateConnectionAsync());
        foreach (var service in Topology.Services.Where(service => service.IsOnTheBus))
        {
            await tap.ListenTo(service.Assembly, service.Name);
        }

        await tap.ListenTo(Error, Error);
        return tap;
    }

    /// <summary>The deliveries that concern an order: those that name it or its payment, and those that they caused.</summary>
    public IReadOnlyList<Delivery> About(long order)
    {
        var all = _deliveries.ToList();
        var payments = all.Where(delivery => delivery.Order == order).Select(delivery => delivery.Payment).OfType<long>().ToHashSet();
        var about = new HashSet<string>();
        for (var known = -1; known < about.Count;)
        {
            known = about.Count;
            about.UnionWith(all.Where(IsAbout).Select(delivery => delivery.Id).ToList());
        }

        return [.. all.Where(delivery => about.Contains(delivery.Id))];

        bool IsAbout(Delivery delivery) =>
            delivery.Order == order
            || (delivery.Order is null && delivery.Payment is { } payment && payments.Contains(payment))
            || (delivery.Cause is { } cause && about.Contains(cause));
    }

    /// <summary>Waits for a delivery.</summary>
    public Task<Delivery> WaitFor(long order, string message, string to) => Eventually.Get(
        () => Task.FromResult(About(order).FirstOrDefault(delivery => delivery.Message == message && delivery.To == to)),
        () => $"{message} of order {order} goes to {to}");

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task ListenTo(string exchange, string name)
    {
        var channel = await _connection.CreateChannelAsync();
        var queue = await channel.QueueDeclareAsync();
        await channel.QueueBindAsync(queue.QueueName, exchange, "");
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, message) =>
        {
            _deliveries.Enqueue(Read(message, name));
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue.QueueName, autoAck: true, consumer);
    }

    private static Delivery Read(BasicDeliverEventArgs message, string to)
    {
        var headers = message.BasicProperties.Headers!;
        var body = message.Body.Length == 0 ? null : JsonNode.Parse(message.Body.Span);
        return new Delivery(
            Header("NServiceBus.MessageId")!,
            Header("NServiceBus.RelatedTo"),
            Header("NServiceBus.OriginatingEndpoint")!.Replace(Endpoint, "", StringComparison.Ordinal),
            to,
            Header("NServiceBus.EnclosedMessageTypes")?.Split(',')[0].Split('.', '+')[^1] ?? "",
            (long?)body?["OrderId"],
            (long?)body?["PaymentId"],
            Header("NServiceBus.FailedQ"),
            Header("NServiceBus.ExceptionInfo.Message"));

        string? Header(string name) => headers.TryGetValue(name, out var value) ? Encoding.UTF8.GetString((byte[])value!) : null;
    }
}

/// <summary>A message that was delivered to an endpoint.</summary>
/// <param name="Id">The same for all receivers and every attempt.</param>
/// <param name="Cause">The message whose handler sent this one; null when an HTTP request did.</param>
/// <param name="From">The endpoint that sent it.</param>
/// <param name="To">The endpoint that received it.</param>
/// <param name="Message">The name of its type.</param>
/// <param name="Order">The order in its body, if any.</param>
/// <param name="Payment">The payment in its body, if any.</param>
/// <param name="FailedIn">The queue it failed in, when it went to the error queue.</param>
/// <param name="Failure">The text of the exception.</param>
internal sealed record Delivery(
    string Id, string? Cause, string From, string To, string Message, long? Order, long? Payment, string? FailedIn, string? Failure);
