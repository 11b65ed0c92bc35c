using System.Threading.Channels;
using Dapper;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using ShopSaga.Load.Bus;

namespace ShopSaga.Load.RawLoop;

/// <summary>
/// An endpoint in the least code on RabbitMQ.Client and Npgsql that gives the guarantee, one message per transaction:
/// <code>
///   delivery ─► transaction: business rows, and one row as inbox and outbox ─► dispatch, confirmed ─► mark ─► acknowledge
/// </code>
/// A failure ends its process. What was committed and not marked is dispatched when it starts again.
/// </summary>
internal sealed class RawEndpoint : IAsyncDisposable
{
    private const string UndispatchedRows =
        "SELECT sent_id AS id, address, body FROM messages WHERE sent_id IS NOT NULL AND NOT dispatched";
    private readonly IConnection _broker;
    private readonly IChannel _publisher;
    private readonly string _exchange;
    private readonly NpgsqlDataSource _database;
    private readonly List<Task> _workers = [];
    private readonly CancellationTokenSource _stop = new();

    private RawEndpoint(IConnection broker, IChannel publisher, string connectionString, string exchange) =>
        (_broker, _publisher, _exchange, _database) = (broker, publisher, exchange, NpgsqlDataSource.Create(connectionString));

    /// <summary>Ends with the exception of the first worker that fails, and not before.</summary>
    public async Task Failure() => await await Task.WhenAny(_workers);

    /// <summary>Connects, creates the table of messages and dispatches what a crash has left.</summary>
    /// <param name="broker">The connection of the process.</param>
    /// <param name="connectionString">To the endpoint's own database.</param>
    /// <param name="exchange">Where it publishes; the default exchange sends to the queue that has the address for its name.</param>
    public static async Task<RawEndpoint> Start(IConnection broker, string connectionString, string exchange = "")
    {
        var publisher = await broker.CreateChannelAsync(
            new CreateChannelOptions(true, true, outstandingPublisherConfirmationsRateLimiter: null));
        var endpoint = new RawEndpoint(broker, publisher, connectionString, exchange);
        await using var connection = await endpoint._database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            CREATE TABLE IF NOT EXISTS messages (
                id uuid PRIMARY KEY, sent_id uuid, address text, body bytea, dispatched boolean NOT NULL DEFAULT false)
            """);
        foreach (var left in await connection.QueryAsync<RawMessage>(UndispatchedRows))
        {
            await endpoint.Publish(left);
            await connection.ExecuteAsync("UPDATE messages SET dispatched = true WHERE sent_id = @Id", new { left.Id });
        }

        return endpoint;
    }

    /// <summary>Declares a quorum queue that receives these addresses of the exchange.</summary>
    public async Task Declare(string queue, params IEnumerable<string> addresses)
    {
        await _publisher.QueueDeclareAsync(
            queue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
        foreach (var address in addresses)
        {
            await _publisher.ExchangeDeclareAsync(_exchange, ExchangeType.Direct, durable: true);
            await _publisher.QueueBindAsync(queue, _exchange, address);
        }
    }

    /// <summary>Hands the messages of a queue to as many workers as the scenario has, and acknowledges each when it is handled.</summary>
    public async Task Consume(string queue, Func<RawMessage, Task> handle)
    {
        var channel = await _broker.CreateChannelAsync();
        await channel.BasicQosAsync(0, 3 * Scenario.Concurrency, global: false);
        var deliveries = Channel.CreateUnbounded<(ulong Tag, RawMessage Message)>();
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, delivery) => await deliveries.Writer.WriteAsync((
            delivery.DeliveryTag,
            new RawMessage(Guid.Parse(delivery.BasicProperties.MessageId!), delivery.RoutingKey, delivery.Body.ToArray())));
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer);
        _workers.AddRange(Enumerable.Range(0, Scenario.Concurrency).Select(_ => Task.Run(async () =>
        {
            try
            {
                await foreach (var (tag, message) in deliveries.Reader.ReadAllAsync(_stop.Token))
                {
                    await handle(message);
                    await channel.BasicAckAsync(tag, multiple: false);
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // This is how it ends.
            }
        })));
    }

    /// <summary>
    /// Handles a message in a transaction, dispatches and marks what that sends. For one that was handled before,
    /// dispatches what it has not dispatched yet.
    /// </summary>
    /// <param name="id">The message's id, or a new one for a request.</param>
    /// <param name="work">Records the message, and writes the business rows if it is new.</param>
    /// <returns>Whether the message was new.</returns>
    public async Task<bool> Handle(Guid id, Func<RawTransaction, Task> work)
    {
        RawTransaction message;
        RawMessage? sent;
        await using (var connection = await _database.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            message = new RawTransaction(connection, id);
            await work(message);
            if (message.IsNew)
            {
                sent = message.Sent;
                await transaction.CommitAsync();
            }
            else
            {
                sent = await connection.QuerySingleOrDefaultAsync<RawMessage>($"{UndispatchedRows} AND id = @id", new { id });
            }
        }

        if (sent is not null)
        {
            await Publish(sent);
            await Run(connection => connection.ExecuteAsync("UPDATE messages SET dispatched = true WHERE id = @id", new { id }));
        }

        return message.IsNew;
    }

    /// <summary>Runs a statement in a transaction of its own.</summary>
    public async Task<T> Run<T>(Func<NpgsqlConnection, Task<T>> statement)
    {
        await using var connection = await _database.OpenConnectionAsync();
        return await statement(connection);
    }

    /// <summary>Publishes and awaits the broker's confirm.</summary>
    public async Task Publish(RawMessage message) => await _publisher.BasicPublishAsync(
        _exchange,
        message.Address,
        mandatory: true,
        new BasicProperties { MessageId = message.Id.ToString(), DeliveryMode = DeliveryModes.Persistent },
        message.Body);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_workers);
        await _publisher.DisposeAsync();
        await _database.DisposeAsync();
        _stop.Dispose();
    }
}
