using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using RabbitMQ.Client;
using ShopSaga.Operations.Failures;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Operations;

/// <summary>Operations on a virtual host of its own, with an error queue and a queue to return messages to.</summary>
internal sealed class OperationsApp : IAsyncDisposable
{
    public const string Target = "ShopSaga.Target";
    private const string Error = "error";
    private readonly ServiceApp<Selection> _service;
    private readonly IConnection _connection;

    private OperationsApp(ServiceApp<Selection> service, IConnection connection, IChannel broker) =>
        (_service, _connection, Broker) = (service, connection, broker);

    public IChannel Broker { get; }

    public static async Task<OperationsApp> Start(Dictionary<string, string>? settings = null)
    {
        var management = new Uri(Environment.GetEnvironmentVariable("SHOPSAGA_RABBITMQ_MANAGEMENT")!);
        var all = new Dictionary<string, string>(settings ?? [])
        {
            ["Broker:Management"] = management.GetComponents(UriComponents.SchemeAndServer, UriFormat.Unescaped),
        };
        var service = await ServiceApp<Selection>.Start(all);
        var connection = await new ConnectionFactory { Uri = new Uri(service.Broker) }.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        foreach (var queue in new[] { Error, Target })
        {
            await channel.QueueDeclareAsync(
                queue,
                durable: true,
                exclusive: false,
                autoDelete: false,
                new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
            await channel.ExchangeDeclareAsync(queue, ExchangeType.Fanout, durable: true);
            await channel.QueueBindAsync(queue, queue, "");
        }

        return new OperationsApp(service, connection, channel);
    }

    public HttpClient Admin() => _service.Admin();

    public HttpClient Customer() => _service.Customer(7);

    public HttpClient Anonymous() => _service.Anonymous();

    /// <summary>A second process of the service.</summary>
    public ServiceApp<Selection> StartAnother() => _service.StartAnother();

    /// <summary>Begins anew. A quorum queue counts a consumer, and keeps what it holds, until it has seen its channel close.</summary>
    public async Task Empty()
    {
        await Eventually.Is(async () => await Broker.ConsumerCountAsync(Error) == 0, "an earlier test's consumer is gone");
        await Broker.QueuePurgeAsync(Error);
        await Broker.QueuePurgeAsync(Target);
    }

    public Task<IChannel> NewChannel() => _connection.CreateChannelAsync();

    /// <summary>Puts a message into the error queue.</summary>
    public async Task Fail(
        string id, string exception = "System.InvalidOperationException", string type = "ShopSaga.Orders.Ship", string? queue = Target)
    {
        var headers = new Dictionary<string, object?>
        {
            ["NServiceBus.MessageId"] = id,
            ["NServiceBus.EnclosedMessageTypes"] = $"{type}, ShopSaga.Orders, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null",
            ["NServiceBus.TimeOfFailure"] = "2026-11-22 05:59:28:123456 Z",
            ["NServiceBus.ExceptionInfo.ExceptionType"] = exception,
            ["NServiceBus.ExceptionInfo.Message"] = "It broke.",
            ["NServiceBus.ExceptionInfo.StackTrace"] = "at Ship.Handle()",
        };
        if (queue is not null)
        {
            headers["NServiceBus.FailedQ"] = queue;
        }

        await Fail(id, headers, Encoding.UTF8.GetBytes($$"""{"Number":"{{id}}"}"""));
    }

    public async Task Fail(string id, Dictionary<string, object?> headers, byte[] body) => await Broker.BasicPublishAsync(
        "", Error, mandatory: true, new BasicProperties { MessageId = id, Persistent = true, Headers = headers }, body);

    /// <summary>Takes all messages from a queue.</summary>
    public async Task<List<BasicGetResult>> Drain(string queue = Target)
    {
        var messages = new List<BasicGetResult>();
        while (await Broker.BasicGetAsync(queue, autoAck: true) is { } message)
        {
            messages.Add(message);
        }

        return messages;
    }

    public Task<List<BasicGetResult>> DrainErrors() => Drain(Error);

    public static async Task<JsonNode> Get(HttpClient client, string path) => (await client.GetFromJsonAsync<JsonNode>(path))!;

    /// <summary>Asks for a return, and waits for its end.</summary>
    public static async Task<JsonNode> Return(HttpClient client, string path)
    {
        using var accepted = await client.PostAsync(path, content: null);
        Assert.That((int)accepted.StatusCode, Is.EqualTo(202), await accepted.Content.ReadAsStringAsync());
        return await Eventually.Get(
            async () =>
                await Get(client, accepted.Headers.Location!.OriginalString) is var each && each["endedAt"] is not null ? each : null,
            () => "the return ends");
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _service.DisposeAsync();
    }
}
