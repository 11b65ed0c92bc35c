using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using HdrHistogram;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace ShopSaga.Load.Bus;

/// <summary>
/// The raw loop: the least code on RabbitMQ.Client and Npgsql that gives the guarantee, one message per transaction. The reference for
/// everything else.
/// </summary>
internal sealed class RawPair : IPair
{
    private const string FirstQueue = "load.raw.first";
    private const string SecondQueue = "load.raw.second";
    private readonly NpgsqlDataSource _first = NpgsqlDataSource.Create(Servers.Database(Scenario.FirstDatabase));
    private readonly NpgsqlDataSource _second = NpgsqlDataSource.Create(Servers.Database(Scenario.SecondDatabase));
    private readonly List<Task> _workers = [];
    private readonly CancellationTokenSource _stop = new();
    private IConnection _connection = null!;
    private IChannel _publisher = null!;
    private int _handled;

    public int Handled => Volatile.Read(ref _handled);

    public LongConcurrentHistogram Latencies { get; } = LatencyHistogram.Create();

    public async Task Install()
    {
        _connection = await Servers.Connect();
        _publisher = await _connection.CreateChannelAsync(
            new CreateChannelOptions(true, true, outstandingPublisherConfirmationsRateLimiter: null));
        foreach (var queue in (string[])[FirstQueue, SecondQueue])
        {
            await _publisher.QueueDeclareAsync(
                queue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
        }

        foreach (var database in (string[])[Scenario.FirstDatabase, Scenario.SecondDatabase])
        {
            await Servers.Execute(
                database,
                "CREATE TABLE IF NOT EXISTS messages (id text PRIMARY KEY, event bytea, dispatched boolean NOT NULL DEFAULT false)");
        }
    }

    public async Task Preload(int messages)
    {
        foreach (var chunk in Enumerable.Range(0, messages).Chunk(1000))
        {
            await Task.WhenAll(chunk.Select(number => Publish(FirstQueue, Guid.CreateVersion7().ToString(), Event(number))));
        }
    }

    public async Task Start()
    {
        await Consume(FirstQueue, HandleFirst);
        await Consume(SecondQueue, HandleSecond);
    }

    public async Task Request(int number)
    {
        var (id, sent) = (Guid.CreateVersion7().ToString(), Event(number));
        await using (var connection = await _first.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await Scenario.DoWork(connection, transaction, number);
            await Record(connection, id, sent);
            await transaction.CommitAsync();
        }

        await Publish(SecondQueue, id, sent);
        await MarkDispatched(id);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_workers);
        await _connection.DisposeAsync();
        await Servers.Delete(FirstQueue, SecondQueue);
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        _stop.Dispose();
    }

    private async Task HandleFirst(string id, byte[] body)
    {
        var number = JsonSerializer.Deserialize<Happened>(body)!.Number;
        var sent = Event(number);
        await using (var connection = await _first.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            if (await Record(connection, id, sent))
            {
                await Scenario.DoWork(connection, transaction, number);
                await transaction.CommitAsync();
            }
            else if (await Undispatched(connection, id) is { } left)
            {
                sent = left;
            }
            else
            {
                return;
            }
        }

        await Publish(SecondQueue, id, sent);
        await MarkDispatched(id);
    }

    private async Task HandleSecond(string id, byte[] body)
    {
        var happened = JsonSerializer.Deserialize<Happened>(body)!;
        await using var connection = await _second.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (await Record(connection, id, null))
        {
            await Scenario.DoWork(connection, transaction, happened.Number);
            await transaction.CommitAsync();
            Latencies.RecordSince(happened.At);
            Interlocked.Increment(ref _handled);
        }
    }

    private async Task Consume(string queue, Func<string, byte[], Task> handle)
    {
        var channel = await _connection.CreateChannelAsync();
        await channel.BasicQosAsync(0, 3 * Scenario.Concurrency, global: false);
        var deliveries = Channel.CreateUnbounded<(ulong Tag, string Id, byte[] Body)>();
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, delivery) =>
            await deliveries.Writer.WriteAsync((delivery.DeliveryTag, delivery.BasicProperties.MessageId!, delivery.Body.ToArray()));
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer);
        _workers.AddRange(Enumerable.Range(0, Scenario.Concurrency).Select(_ => Task.Run(async () =>
        {
            try
            {
                await foreach (var (tag, id, body) in deliveries.Reader.ReadAllAsync(_stop.Token))
                {
                    await handle(id, body);
                    await channel.BasicAckAsync(tag, multiple: false);
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // This is how it ends.
            }
        })));
    }

    private async Task Publish(string queue, string id, byte[] body) => await _publisher.BasicPublishAsync(
        string.Empty, queue, mandatory: true, new BasicProperties { MessageId = id, DeliveryMode = DeliveryModes.Persistent }, body);

    private async Task MarkDispatched(string id)
    {
        await using var command = _first.CreateCommand("UPDATE messages SET dispatched = true WHERE id = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id });
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<bool> Record(NpgsqlConnection connection, string id, byte[]? sent)
    {
        await using var command = new NpgsqlCommand("INSERT INTO messages (id, event) VALUES ($1, $2) ON CONFLICT DO NOTHING", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id });
        command.Parameters.Add(
            new NpgsqlParameter { Value = (object?)sent ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bytea });
        return await command.ExecuteNonQueryAsync() == 1;
    }

    private static async Task<byte[]?> Undispatched(NpgsqlConnection connection, string id)
    {
        await using var command = new NpgsqlCommand("SELECT event FROM messages WHERE id = $1 AND NOT dispatched", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id });
        return (byte[]?)await command.ExecuteScalarAsync();
    }

    private static byte[] Event(int number) => JsonSerializer.SerializeToUtf8Bytes(new Happened(number, Stopwatch.GetTimestamp()));
}
