using System.Diagnostics;
using System.Text.Json;
using HdrHistogram;
using JasperFx.CodeGeneration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using RabbitMQ.Client;
using ShopSaga.Load.Bus;
using Wolverine;
using Wolverine.Postgresql;
using Wolverine.RabbitMQ;
using Wolverine.RDBMS;
using Wolverine.Runtime;
using Wolverine.Runtime.Handlers;
using Wolverine.Transports;

namespace ShopSaga.Load.Peers;

/// <summary>
/// The same work on Wolverine. Row, outgoing event and the record in the inbox are committed together, and an event leaves the outbox once
/// the broker has confirmed it: the same guarantee as ours. Wolverine's defaults promise less: it neither waits for confirms nor, outside
/// Marten and Entity Framework, marks a message as handled in the handler's transaction. Tuned as its documentation says: as many messages
/// at the same time as the raw loop, one node, handlers that need no compiler at run time.
/// </summary>
/// <param name="inline">
/// Whether the message is recorded in the inbox by its handler's transaction and acknowledged afterwards, instead of being stored there
/// first, in batches, and marked by that transaction.
/// </param>
internal sealed class WolverinePair(bool inline) : IPair
{
    private const string FirstQueue = "load.wolverine.first";
    private const string SecondQueue = "load.wolverine.second";
    private readonly NpgsqlDataSource _firstDatabase = NpgsqlDataSource.Create(Servers.Database(Scenario.FirstDatabase));
    private readonly NpgsqlDataSource _secondDatabase = NpgsqlDataSource.Create(Servers.Database(Scenario.SecondDatabase));
    private IHost? _first;
    private IHost? _second;
    private int _handled;

    public int Handled => Volatile.Read(ref _handled);

    public LongConcurrentHistogram Latencies { get; } = LatencyHistogram.Create();

    /// <summary>Starts both hosts, so that no measurement includes that, and stops their listeners.</summary>
    public async Task Install()
    {
        _first = await StartHost(_firstDatabase, FirstQueue, options =>
        {
            options.AddMessageHandler(new DoHandler());
            options.PublishMessage<Happened>().ToRabbitQueue(SecondQueue).UseDurableOutbox();
        });
        _second = await StartHost(_secondDatabase, SecondQueue, options => options.AddMessageHandler(new HappenedHandler(this)));
        await ListenerOf(_first).PauseWithDrainAsync(TimeSpan.FromHours(1));
        await ListenerOf(_second).PauseWithDrainAsync(TimeSpan.FromHours(1));
    }

    public async Task Preload(int messages)
    {
        await using var connection = await Servers.Connect();
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(true, true, outstandingPublisherConfirmationsRateLimiter: null));
        foreach (var chunk in Enumerable.Range(0, messages).Chunk(1000))
        {
            await Task.WhenAll(chunk.Select(async number => await channel.BasicPublishAsync(
                string.Empty,
                FirstQueue,
                mandatory: true,
                new BasicProperties
                {
                    MessageId = Guid.CreateVersion7().ToString(),
                    DeliveryMode = DeliveryModes.Persistent,
                    ContentType = "application/json",
                    Type = typeof(Do).FullName,
                },
                JsonSerializer.SerializeToUtf8Bytes(new Do(number)))));
        }
    }

    public async Task Start()
    {
        await ListenerOf(_first!).StartAsync();
        await ListenerOf(_second!).StartAsync();
    }

    public async Task Request(int number)
    {
        var context = new MessageContext(_first!.Services.GetRequiredService<IWolverineRuntime>());
        await Work(context, number, sends: true);
        await context.FlushOutgoingMessagesAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in (IHost?[])[_first, _second])
        {
            if (host is not null)
            {
                await host.StopAsync();
                host.Dispose();
            }
        }

        await Servers.Delete(FirstQueue, SecondQueue, "wolverine-dead-letter-queue");
        await _firstDatabase.DisposeAsync();
        await _secondDatabase.DisposeAsync();
    }

    private async Task<IHost> StartHost(NpgsqlDataSource database, string queue, Action<WolverineOptions> register)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Error);
        builder.UseWolverine(options =>
        {
            options.ServiceName = queue;
            options.Durability.Mode = DurabilityMode.Solo;
            options.Discovery.DisableConventionalDiscovery();
            options.CodeGeneration.TypeLoadMode = TypeLoadMode.Static;
            options.PersistMessagesWithPostgresql(database);
            options.UseRabbitMq(new Uri(Servers.Broker))
                .UseQuorumQueues()
                .AutoProvision()
                .ConfigureChannelCreation(channel =>
                    (channel.PublisherConfirmationsEnabled, channel.PublisherConfirmationTrackingEnabled) = (true, true));
            var listener = options.ListenToRabbitQueue(queue).Named(queue).PreFetchCount(100);
            _ = inline
                ? listener.ProcessInline().ConsumerDispatchConcurrency(Scenario.Concurrency)
                : listener.UseDurableInbox().MaximumParallelMessages(Scenario.Concurrency);
            register(options);
        });
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static IListeningAgent ListenerOf(IHost host)
    {
        var runtime = host.Services.GetRequiredService<IWolverineRuntime>();
        return runtime.Endpoints.FindListeningAgent(runtime.Options.ServiceName)!;
    }

    /// <summary>The transaction of a request or of a message.</summary>
    private static async Task Work(MessageContext context, int number, bool sends)
    {
        var store = (IMessageDatabase)context.Storage;
        await using var connection = (NpgsqlConnection)await store.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await context.EnlistInOutboxAsync(new DatabaseEnvelopeTransaction(store, transaction));
        await context.AssertEagerIdempotencyAsync(CancellationToken.None);
        await Scenario.DoWork(connection, transaction, number);
        if (sends)
        {
            await context.PublishAsync(new Happened(number, Stopwatch.GetTimestamp()));
        }

        if (context.Envelope is not { Status: not EnvelopeStatus.Handled } received)
        {
            await transaction.CommitAsync();
            return;
        }

        var keepUntil = DateTimeOffset.UtcNow + context.Runtime.DurabilitySettings.KeepAfterMessageHandling;
        await store.MarkIncomingEnvelopeAsHandledInTransactionAsync(
            connection, transaction, received, keepUntil, CancellationToken.None);
        await transaction.CommitAsync();
        received.Status = EnvelopeStatus.Handled;
    }

    private sealed class DoHandler : MessageHandler<Do>
    {
        protected override Task HandleAsync(Do message, MessageContext context, CancellationToken cancellation) =>
            Work(context, message.Number, sends: true);
    }

    private sealed class HappenedHandler(WolverinePair pair) : MessageHandler<Happened>
    {
        protected override async Task HandleAsync(Happened message, MessageContext context, CancellationToken cancellation)
        {
            await Work(context, message.Number, sends: false);
            pair.Latencies.RecordSince(message.At);
            Interlocked.Increment(ref pair._handled);
        }
    }
}
