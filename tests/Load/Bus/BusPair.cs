using System.Diagnostics;
using System.Text;
using System.Text.Json;
using HdrHistogram;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using RabbitMQ.Client;
using Headers = ShopSaga.Bus.Headers;

namespace ShopSaga.Load.Bus;

/// <summary>Asks the first endpoint to do its work.</summary>
internal sealed record Do(int Number);

/// <summary>Says that the first endpoint did it.</summary>
internal sealed record Happened(int Number, long At);

/// <summary>The same work on the bus, as an endpoint of ShopSaga does it.</summary>
internal sealed class BusPair(int concurrency, int groupSize, bool usesSaga = false) : IPair
{
    private const string FirstName = "Load.First";
    private const string SecondName = "Load.Second";
    private readonly Progress _progress = new();
    private IHost? _first;
    private IHost? _second;

    public int Handled => Volatile.Read(ref _progress.Handled);

    public LongConcurrentHistogram Latencies => _progress.Latencies;

    public async Task Install()
    {
        await Start();
        await Stop();
    }

    public Task Preload(int messages) => Preload(messages, first: 0);

    /// <summary>Puts messages with consecutive numbers into the queue.</summary>
    public async Task Preload(int messages, int first)
    {
        await using var connection = await Servers.Connect();
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(true, true, outstandingPublisherConfirmationsRateLimiter: null));
        foreach (var chunk in Enumerable.Range(first, messages).Chunk(1000))
        {
            await Task.WhenAll(chunk.Select(number => Send(channel, new Do(number))));
        }
    }

    public async Task Start()
    {
        _first = await StartEndpoint(FirstName, Scenario.FirstDatabase, endpoint =>
        {
            if (usesSaga)
            {
                endpoint.AddSaga<DoSaga>();
            }
            else
            {
                endpoint.AddHandler<DoHandler>();
            }
        });
        _second = await StartEndpoint(SecondName, Scenario.SecondDatabase, endpoint => endpoint.AddHandler<HappenedHandler>());
    }

    public async Task Request(int number)
    {
        await using var scope = _first!.Services.CreateAsyncScope();
        var session = scope.ServiceProvider.GetRequiredService<ITransactionalSession>();
        await session.Open(new SqlPersistenceOpenSessionOptions());
        var sql = session.SynchronizedStorageSession.SqlPersistenceSession();
        await Scenario.DoWork(sql.Connection, sql.Transaction, number);
        await session.Publish(new Happened(number, Stopwatch.GetTimestamp()));
        await session.Commit();
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        await Servers.Delete(FirstName, SecondName, $"{FirstName}.error", $"{SecondName}.error");
    }

    /// <summary>Stops both, which <see cref="Start"/> starts again.</summary>
    public async Task Stop()
    {
        foreach (var host in (IHost?[])[_first, _second])
        {
            if (host is not null)
            {
                await host.StopAsync();
                host.Dispose();
            }
        }

        (_first, _second) = (null, null);
    }

    private async Task<IHost> StartEndpoint(string name, string database, Action<EndpointConfiguration> register)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        builder.Services.AddSingleton(_progress);
        var endpoint = new EndpointConfiguration(name);
        endpoint.UseTransport(new RabbitMQTransport(RoutingTopology.Conventional(QueueType.Quorum), Servers.Broker));
        endpoint.UseSerialization<SystemJsonSerializer>();
        endpoint.Conventions().DefiningEventsAs(type => type == typeof(Happened));
        var persistence = endpoint.UsePersistence<SqlPersistence>();
        var connectionString = Servers.Database(database);
        persistence.ConnectionBuilder(() => new NpgsqlConnection(connectionString));
        persistence.EnableTransactionalSession();
        endpoint.EnableOutbox();
        endpoint.EnableInstallers();
        endpoint.SendFailedMessagesTo($"{name}.error");
        endpoint.LimitMessageProcessingConcurrencyTo(concurrency);
        endpoint.HandleInGroupsOf(groupSize);
        register(endpoint);
        builder.Services.AddNServiceBusEndpoint(endpoint);
        var host = builder.Build();
        await host.StartAsync();
        await IsReceiving(host);
        return host;
    }

    private static async Task IsReceiving(IHost host)
    {
        var health = host.Services.GetRequiredService<Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckService>();
        while ((await health.CheckHealthAsync()).Status != Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy)
        {
            await Task.Delay(10);
        }
    }

    /// <summary>With the headers that any endpoint sets.</summary>
    private static async Task Send(IChannel channel, Do message)
    {
        var id = Guid.CreateVersion7().ToString();
        var headers = new Dictionary<string, string>
        {
            [Headers.MessageId] = id,
            [Headers.MessageIntent] = "Send",
            [Headers.ConversationId] = Guid.NewGuid().ToString(),
            [Headers.CorrelationId] = id,
            [Headers.OriginatingEndpoint] = FirstName,
            [Headers.OriginatingMachine] = Environment.MachineName,
            [Headers.OriginatingHostId] = "a81f5e3a8b6b82d2df474a6b3c5ae177",
            [Headers.ReplyToAddress] = FirstName,
            [Headers.ContentType] = "application/json",
            [Headers.EnclosedMessageTypes] = typeof(Do).AssemblyQualifiedName!,
            [Headers.NServiceBusVersion] = "10.2.8",
            [Headers.TimeSent] = "2026-11-22 06:00:40:821127 Z",
        };
        await channel.BasicPublishAsync(
            FirstName,
            string.Empty,
            mandatory: true,
            new BasicProperties
            {
                MessageId = id,
                DeliveryMode = DeliveryModes.Persistent,
                ContentType = "application/json",
                Headers = headers.ToDictionary(header => header.Key, header => (object?)Encoding.UTF8.GetBytes(header.Value)),
            },
            JsonSerializer.SerializeToUtf8Bytes(message));
    }

    internal sealed class Progress
    {
        public int Handled;

        public LongConcurrentHistogram Latencies { get; } = LatencyHistogram.Create();
    }

    internal sealed class DoHandler : IHandleMessages<Do>
    {
        public async Task Handle(Do message, IMessageHandlerContext context)
        {
            var session = context.SynchronizedStorageSession.SqlPersistenceSession();
            await Scenario.DoWork(session.Connection, session.Transaction, message.Number);
            await context.Publish(new Happened(message.Number, Stopwatch.GetTimestamp()));
        }
    }

    /// <summary>Is started by each message: finds nothing, does the work, is stored.</summary>
    internal sealed class DoSaga : Saga<DoSaga.State>, IAmStartedByMessages<Do>
    {
        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<State> mapper) =>
            mapper.MapSaga(saga => saga.Key).ToMessage<Do>(message => $"{message.Number}");

        public async Task Handle(Do message, IMessageHandlerContext context)
        {
            var session = context.SynchronizedStorageSession.SqlPersistenceSession();
            await Scenario.DoWork(session.Connection, session.Transaction, message.Number);
            await context.Publish(new Happened(message.Number, Stopwatch.GetTimestamp()));
        }

        internal sealed class State : ContainSagaData
        {
            public string Key { get; set; } = string.Empty;
        }
    }

    internal sealed class HappenedHandler(Progress progress) : IHandleMessages<Happened>
    {
        public async Task Handle(Happened message, IMessageHandlerContext context)
        {
            var session = context.SynchronizedStorageSession.SqlPersistenceSession();
            await Scenario.DoWork(session.Connection, session.Transaction, message.Number);
            progress.Latencies.RecordSince(message.At);
            Interlocked.Increment(ref progress.Handled);
        }
    }
}
