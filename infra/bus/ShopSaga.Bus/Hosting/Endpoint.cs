using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ShopSaga.Bus;

/// <summary>
/// One endpoint: everything it is made of, in one place, and its life.
/// <code>
///   start  tables ─► marker, relay, poller, clean-up ─► workers ─► transport (connects by itself, so the host starts without the broker)
///   stop   transport hands over no more ─► workers finish what they handle ─► relay ─► marker ─► connections
/// </code>
/// </summary>
internal sealed class Endpoint : IHostedService, IAsyncDisposable
{
    private const int CriticalCleanupFailures = 10;

    private readonly EndpointConfiguration _configuration;
    private readonly HandlerRegistry _handlers;
    private readonly EndpointMonitoring _monitoring;
    private readonly OutboxMarker _marker;
    private readonly ITransport _transport;
    private readonly TransportContext _transportContext;
    private readonly MessagePump _pump;
    private readonly TimeProvider _time;
    private readonly ILogger<Endpoint> _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort = new();
    private Task[] _receiving = [];
    private Task _working = Task.CompletedTask;
    private Task _relaying = Task.CompletedTask;
    private Task _marking = Task.CompletedTask;

    /// <exception cref="InvalidOperationException">The configuration lacks something; the message says what to set.</exception>
    public Endpoint(EndpointConfiguration configuration, EndpointHealth health, TimeProvider time, IServiceScopeFactory scopes, ILoggerFactory loggers)
    {
        _configuration = configuration;
        _time = time;
        _logger = loggers.CreateLogger<Endpoint>();
        var queue = configuration.EndpointName;
        var host = new HostIdentity(configuration.HostInfo.InstanceName, configuration.HostInfo.HostName, configuration.HostInfo.DisplayName);
        var types = new MessageTypes(configuration.ConventionsSettings);

        Database = new Database(configuration.PersistenceSettings, configuration.EndpointName);
        Outbox = new OutboxStore(Database, time, configuration.OutboxSettings.IsPessimistic);
        Outgoing = new OutgoingMessages(configuration.EndpointName, queue, host, configuration.StaticHeaders, types, time);
        var transport = configuration.Transport
            ?? throw new InvalidOperationException("The endpoint has no transport: set UseTransport(new RabbitMQTransport(…)).");

        // A connection of monitoring says nothing of the endpoint's health.
        _monitoring = new EndpointMonitoring(
            configuration,
            host,
            () => transport.Create(_transportContext! with { Health = new EndpointHealth() }),
            scopes,
            time,
            loggers.CreateLogger<EndpointMonitoring>());
        _handlers = new HandlerRegistry(
            configuration, Database, new SagaInvoker(_monitoring.SagaAudit, time, loggers.CreateLogger<SagaInvoker>()));
        foreach (var type in _handlers.MessageTypes)
        {
            types.Register(type);
        }

        var receiving = new ReceiveSettings(
            queue,
            configuration.ErrorQueue,
            configuration.AuditQueue,
            [.. _handlers.MessageTypes.Where(types.IsEvent)],
            configuration.Installers,
            configuration.Concurrency,
            configuration.GroupSize,
            $"{host.DisplayName} - {configuration.EndpointName}");
        _transportContext = new TransportContext(queue, receiving, health, CriticalError, Settled, time, loggers);
        _transport = transport.Create(_transportContext);
        Dispatch = configuration.AtStep is { } atStep ? OneByOne(_transport.Dispatch, atStep) : _transport.Dispatch;
        _marker = new OutboxMarker(Outbox, loggers.CreateLogger<OutboxMarker>());
        Relay = new OutboxRelay(Name, Outbox, _marker, Dispatch, configuration.AtStep, time, loggers.CreateLogger<OutboxRelay>());

        var audit = configuration.AuditQueue is { } auditQueue ? new AuditSettings(auditQueue, configuration.AuditTimeToBeReceived, queue, host) : null;
        var observer = new ReceiveObserver(queue, types, _handlers, _monitoring.Metrics, time);
        _pump = new MessagePump(
            receiving,
            new MessageProcessor(Database, Outbox, _handlers, types, Outgoing, Dispatch, _marker, audit, observer, configuration.AtStep, scopes, time),
            new Recoverability(
                configuration, host, Dispatch, observer, time, loggers.CreateLogger<Recoverability>()),
            configuration.RecoverabilitySettings.ConsecutiveFailures is { } failures ? new RateLimit(failures, time, loggers.CreateLogger<RateLimit>()) : null,
            Database,
            health,
            CriticalError,
            configuration.AtStep,
            time,
            loggers.CreateLogger<MessagePump>());
    }

    public string Name => _configuration.EndpointName;

    public Database Database { get; }

    public OutboxStore Outbox { get; }

    public OutgoingMessages Outgoing { get; }

    public OutboxRelay Relay { get; }

    public Dispatch Dispatch { get; }

    public AtStep? AtStep => _configuration.AtStep;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_configuration.Installers)
        {
            await InstallTables(cancellationToken);
        }

        _marking = _marker.Run(CancellationToken.None);
        _relaying = Relay.RunDispatchers(CancellationToken.None);
        _working = _pump.Run(_stop.Token, _abort.Token);
        _receiving =
        [
            UntilStopped("receives", stop => _transport.Receive(_pump, stop)),
            UntilStopped("dispatches what was left behind", Relay.RunPoller),
            UntilStopped("cleans its outbox", RunCleanup),
            UntilStopped("is monitored", _monitoring.Run),
        ];
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await using (cancellationToken.Register(_abort.Cancel))
        {
            await Task.WhenAll([.. _receiving, _working]);
        }

        Relay.Complete();
        await _relaying.WaitAsync(cancellationToken);
        _marker.Complete();
        await _marking.WaitAsync(cancellationToken);
        await _monitoring.DisposeAsync();
        await _transport.DisposeAsync();
        _logger.LogInformation(BusEvents.Stopped, "{Endpoint} stopped", _configuration.EndpointName);
    }

    public async ValueTask DisposeAsync()
    {
        await _transport.DisposeAsync();
        _stop.Dispose();
        _abort.Dispose();
    }

    /// <summary>Ends when everything committed has left and is marked.</summary>
    private async Task Settled()
    {
        await Relay.Settled;
        await _marker.Settled;
    }

    /// <summary>For tests that let the process die between two of several messages.</summary>
    private static Dispatch OneByOne(Dispatch dispatch, AtStep atStep) => async (operations, cancellationToken) =>
    {
        foreach (var operation in operations)
        {
            await dispatch([operation], cancellationToken);
            if (operations.Count > 1)
            {
                await atStep(ProcessingStep.Dispatching, operation.MessageId);
            }
        }
    };

    private async Task InstallTables(CancellationToken cancellationToken)
    {
        // "IF NOT EXISTS" is not safe against itself: instances that start together take turns.
        const string Lock = "SELECT pg_advisory_xact_lock(hashtext('ShopSaga.Bus installer'))";
        await using var connection = await Database.Open(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var takeTurns = new NpgsqlCommand(Lock, connection, transaction))
        {
            await takeTurns.ExecuteNonQueryAsync(cancellationToken);
        }

        await Outbox.Install(connection, cancellationToken);
        foreach (var saga in _handlers.SagaStores)
        {
            await saga.Install(connection, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private async Task RunCleanup(CancellationToken cancellationToken)
    {
        var settings = _configuration.OutboxSettings;
        if (!settings.Cleanup)
        {
            return;
        }

        var failures = 0;
        using var timer = new PeriodicTimer(settings.CleanupEvery, _time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                var before = _time.GetUtcNow() - settings.KeepFor;
                while (await Outbox.Cleanup(before, cancellationToken) > 0)
                {
                }

                failures = 0;
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                _logger.LogWarning(BusEvents.OutboxMaintenanceFailed, "Old outbox records could not be deleted: {Reason}", failure.Message);
                if (++failures % CriticalCleanupFailures == 0)
                {
                    await CriticalError($"{Name} could not clean its outbox {failures} times in a row.", failure);
                }
            }
        }
    }

    /// <summary>Runs until the endpoint stops. What ends before that leaves the endpoint without something that it needs.</summary>
    private Task UntilStopped(string what, Func<CancellationToken, Task> run) => Task.Run(async () =>
    {
        try
        {
            await run(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // This is how it ends.
        }
        catch (Exception failure)
        {
            await CriticalError($"{Name} no longer {what}.", failure);
        }
    });

    private async Task CriticalError(string error, Exception failure)
    {
        _logger.LogCritical(BusEvents.CriticalError, failure, "{Error}", error);
        try
        {
            await (_configuration.CriticalErrorAction?.Invoke(new CriticalErrorContext(error, failure), _abort.Token) ?? Task.CompletedTask);
        }
        catch (Exception unheard)
        {
            // Whoever raised the error has messages to put back and a connection to open again.
            _logger.LogError(BusEvents.CriticalError, unheard, "The action for critical errors failed");
        }
    }

    private sealed record CriticalErrorContext(string Error, Exception Exception) : ICriticalErrorContext;
}
