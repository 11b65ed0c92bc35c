using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ShopSaga.Bus;

/// <summary>
/// One endpoint: all its parts, made in one place, and its life.
/// <code>
///   start  tables ─► marker, relay, poller, clean-up ─► workers ─► transport (connects by itself, so the host starts without the broker)
///   stop   transport hands over no more ─► workers finish what they handle ─► relay ─► marker ─► connections
/// </code>
/// </summary>
internal sealed class Endpoint : IHostedService, IAsyncDisposable
{
    private const int CriticalCleanupFailures = 10;

    /// <summary>After each batch, this many times as long as it took: however many records are due, messages hardly notice.</summary>
    private const int CleanupPause = 4;
    private static readonly TimeSpan InstallInterval = TimeSpan.FromSeconds(1);

    private readonly EndpointConfiguration _configuration;
    private readonly Database _database;
    private readonly OutboxStore _outbox;
    private readonly List<SagaStore> _sagaStores = [];
    private readonly OutgoingMessages _outgoing;
    private readonly IEndpointReporter? _reporter;
    private readonly OutboxMarker _marker;
    private readonly InFlightCounter _inFlight = new();
    private readonly OutboxRelay _relay;
    private readonly OutboxPoller _poller;
    private readonly TransportContext _transportContext;
    private readonly ITransport _transport;
    private readonly MessagePump _pump;
    private readonly TimeProvider _time;
    private readonly ILogger<Endpoint> _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort = new();
    private Task[] _background = [];
    private Task _working = Task.CompletedTask;
    private Task _relaying = Task.CompletedTask;
    private Task _marking = Task.CompletedTask;

    /// <exception cref="InvalidOperationException">The configuration lacks something; the message says what to set.</exception>
    public Endpoint(
        EndpointConfiguration configuration, EndpointHealth health, TimeProvider time, IServiceScopeFactory scopes, ILoggerFactory loggers)
    {
        _configuration = configuration;
        _time = time;
        _logger = loggers.CreateLogger<Endpoint>();
        var name = configuration.EndpointName;
        var crash = configuration.AtCrashPoint;
        var host = new HostIdentity(
            configuration.HostInfo.InstanceName, configuration.HostInfo.HostName, configuration.HostInfo.DisplayName);
        var types = new MessageTypes(configuration.ConventionsSettings);
        _database = new Database(configuration.PersistenceSettings, name);
        var transport = configuration.Transport
            ?? throw new InvalidOperationException("The endpoint has no transport: set UseTransport(new RabbitMQTransport(…)).");

        _outbox = new OutboxStore(_database, time);
        _outgoing = new OutgoingMessages(name, name, host, configuration.StaticHeaders, types, time);
        _reporter = configuration.NewReporter?.Invoke(new ReporterContext(
            name, host, () => transport.Create(_transportContext! with { Health = new EndpointHealth() }), scopes, time, loggers));
        var handlers = RegisterHandlers(types, new SagaInvoker(_reporter, time, loggers.CreateLogger<SagaInvoker>()));

        var receiving = new ReceiveSettings(
            name,
            configuration.ErrorQueue,
            configuration.AuditQueue,
            [.. handlers.MessageTypes.Where(types.IsEvent)],
            configuration.RunInstallers,
            configuration.Concurrency,
            configuration.GroupSize,
            configuration.ConcurrencyAlone,
            $"{host.DisplayName} - {name}");
        _transportContext = new TransportContext(name, receiving, health, CriticalError, () => _inFlight.None, crash, time, loggers);
        _transport = transport.Create(_transportContext);
        _marker = new OutboxMarker(_outbox, _inFlight, loggers.CreateLogger<OutboxMarker>());
        _relay = new OutboxRelay(name, _marker, _transport.Dispatch, _inFlight, crash, time, loggers.CreateLogger<OutboxRelay>());
        _poller = new OutboxPoller(
            _outbox, _marker, _transport.Dispatch, _inFlight, health, time, loggers.CreateLogger<OutboxPoller>());

        var audit = configuration.AuditQueue is { } auditQueue ? new AuditCopies(
            auditQueue, configuration.AuditTimeToBeReceived, name, host) : null;
        var observer = new ReceiveObserver(name, types, handlers.NamesFor, _reporter, time);
        var invoker = new HandlerInvoker(handlers, types, configuration.IsHandledAlone, scopes, time);
        var processor = new MessageProcessor(
            _database,
            _outbox,
            invoker,
            configuration.LockKey is { } key ? new GroupLocks(invoker, key, configuration.LockMore) : null,
            _outgoing,
            _transport.Dispatch,
            _marker,
            audit,
            observer,
            crash,
            time,
            loggers.CreateLogger<MessageProcessor>());
        var recoverability = new Recoverability(
            configuration.RecoverabilitySettings,
            name,
            configuration.ErrorQueue,
            configuration.StaticHeaders,
            host,
            _transport.Dispatch,
            observer,
            time,
            loggers.CreateLogger<Recoverability>());
        _pump = new MessagePump(
            receiving,
            new GroupProcessor(processor, invoker, observer),
            invoker.IsHandledAlone,
            recoverability,
            _database,
            health,
            CriticalError,
            crash,
            time,
            loggers.CreateLogger<MessagePump>());
    }

    public IMessageSession NewMessageSession() => new MessageSession(_outgoing, _transport.Dispatch);

    public ITransactionalSession NewTransactionalSession() =>
        new TransactionalSession(_configuration.EndpointName, _database, _outbox, _outgoing, _relay, _configuration.AtCrashPoint, _time);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_configuration.RunInstallers)
        {
            await InstallTablesWhenAvailable(cancellationToken);
        }

        _marking = _marker.Run(CancellationToken.None);
        _relaying = _relay.RunDispatchers(CancellationToken.None);
        _working = _pump.Run(_stop.Token, _abort.Token);
        _background =
        [
            UntilStopped("receives", stop => _transport.Receive(_pump, stop)),
            UntilStopped("dispatches the messages that were left behind", _poller.Run),
            UntilStopped("cleans its outbox", RunCleanup),
            UntilStopped("is monitored", stop => _reporter?.Run(stop) ?? Task.CompletedTask),
        ];
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await using (cancellationToken.Register(_abort.Cancel))
        {
            await Task.WhenAll([.. _background, _working]);
        }

        _relay.Complete();
        await _relaying.WaitAsync(cancellationToken);
        _marker.Complete();
        await _marking.WaitAsync(cancellationToken);
        await (_reporter?.DisposeAsync() ?? default);
        await _transport.DisposeAsync();
        _logger.LogInformation(LogEvents.Stopped, "{Endpoint} stopped", _configuration.EndpointName);
    }

    public async ValueTask DisposeAsync()
    {
        await _transport.DisposeAsync();
        _stop.Dispose();
        _abort.Dispose();
    }

    /// <exception cref="InvalidOperationException">A handler handles nothing, or a saga cannot be found or started, or has no data of its
    /// own.</exception>
    private HandlerRegistry RegisterHandlers(MessageTypes types, SagaInvoker sagas)
    {
        var handlers = new HandlerRegistry();
        _configuration.HandlerTypes.ForEach(handlers.AddHandler);
        foreach (var type in _configuration.SagaTypes)
        {
            var metadata = SagaMetadata.Of(type, _configuration.SagaTypes, _database);
            if (_sagaStores.Find(other => other.SharesData(metadata.DataType)) is not null)
            {
                throw new InvalidOperationException(
                    $"The saga {type.Name} shares its data {metadata.DataType.Name} with another, or one inherits the other's: give each "
                        + "saga its own.");
            }

            _sagaStores.Add(metadata.Store);
            sagas.Register(metadata, handlers);
        }

        foreach (var type in handlers.MessageTypes)
        {
            types.Register(type);
        }

        return handlers;
    }

    /// <summary>The database can go away while the host starts, like at any other time.</summary>
    private async Task InstallTablesWhenAvailable(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await InstallTables(cancellationToken);
                return;
            }
            catch (Exception failure) when (Database.IsTemporary(failure))
            {
                _logger.LogWarning(
                    LogEvents.DatabaseUnavailable,
                    "{Endpoint} waits for its database: {Reason}",
                    _configuration.EndpointName,
                    failure.Message);
                await Task.Delay(InstallInterval, _time, cancellationToken);
            }
        }
    }

    private async Task InstallTables(CancellationToken cancellationToken)
    {
        await using var connection = await _database.Open(cancellationToken);
        foreach (var install in (Func<NpgsqlConnection, CancellationToken, Task>[])[
            _outbox.Install, .. _sagaStores.Select<SagaStore, Func<NpgsqlConnection, CancellationToken, Task>>(saga => saga.Install)])
        {
            // A transaction for each table: handlers of other instances lock them in an order of their own. "IF NOT EXISTS" is not safe
            // against itself, so instances that start together take turns.
            const string Lock = "SELECT pg_advisory_xact_lock(hashtext('ShopSaga.Bus installer'))";
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using (var takeTurns = new NpgsqlCommand(Lock, connection, transaction))
            {
                await takeTurns.ExecuteNonQueryAsync(cancellationToken);
            }

            await install(connection, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
    }

    private async Task RunCleanup(CancellationToken cancellationToken)
    {
        var settings = _configuration.OutboxSettings;
        var failures = 0;
        using var timer = new PeriodicTimer(settings.CleanupEvery, _time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                var before = _time.GetUtcNow() - settings.KeepFor;
                for (var (deleted, next) = (1, DateTime.MinValue); deleted > 0;)
                {
                    var started = _time.GetTimestamp();
                    (deleted, next) = await _outbox.Cleanup(before, next, cancellationToken);
                    await Task.Delay(CleanupPause * _time.GetElapsedTime(started), _time, cancellationToken);
                }

                failures = 0;
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                _logger.LogWarning(LogEvents.OutboxMaintenanceFailed, "Old outbox records could not be deleted: {Reason}", failure.Message);
                if (++failures % CriticalCleanupFailures == 0)
                {
                    CriticalError($"{_configuration.EndpointName} could not clean its outbox {failures} times in a row.", failure);
                }
            }
        }
    }

    /// <summary>Runs until the endpoint stops. A task that ends before leaves the endpoint without something that it needs.</summary>
    private Task UntilStopped(string what, Func<CancellationToken, Task> run) => Task.Run(async () =>
    {
        try
        {
            await run(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The endpoint stops.
        }
        catch (Exception failure)
        {
            CriticalError($"{_configuration.EndpointName} no longer {what}.", failure);
        }
    });

    private void CriticalError(string error, Exception failure) => _logger.LogCritical(LogEvents.CriticalError, failure, "{Error}", error);
}
