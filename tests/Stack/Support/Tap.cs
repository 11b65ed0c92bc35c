using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using ShopSaga.Local;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>A copy of everything that the broker delivers to the endpoints, and to the error queue, from now on.</summary>
internal sealed class Tap : IAsyncDisposable
{
    public const string Error = "error";
    private const string Endpoint = "ShopSaga.";
    private readonly ConcurrentQueue<Delivery> _deliveries = [];
    private readonly IConnection _connection;

    private Tap(IConnection connection) => _connection = connection;

    public static async Task<Tap> Start()
    {
        var tap = new Tap(await new ConnectionFactory { Uri = new Uri(RunningSystem.Stack.BrokerAddress) }.CreateConnectionAsync());
        foreach (var service in Topology.Services.Where(service => service.IsOnTheBus))
        {
            await tap.ListenTo(service.Assembly, service.Name);
        }

        await tap.ListenTo(Error, Error);
        return tap;
    }

    /// <summary>What was delivered about the order: what names it, or its payment, and what that caused.</summary>
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

    /// <summary>Waits until such a delivery has been seen.</summary>
    public Task<Delivery> Saw(long order, string message, string to) => Eventually.Get(
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

/// <summary>A message as it came to an endpoint.</summary>
/// <param name="Id">The same for all who get it, and for every attempt.</param>
/// <param name="Cause">The message whose handler sent it; null when a request did.</param>
/// <param name="From">The endpoint that sent it.</param>
/// <param name="To">The endpoint that got it.</param>
/// <param name="Message">Its type.</param>
/// <param name="Order">The order it names, if it does.</param>
/// <param name="Payment">The payment it names, if it does.</param>
/// <param name="FailedIn">The queue it failed in, when it went to the error queue.</param>
/// <param name="Failure">Why, when it did.</param>
internal sealed record Delivery(
    string Id, string? Cause, string From, string To, string Message, long? Order, long? Payment, string? FailedIn, string? Failure);
