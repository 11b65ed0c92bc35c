namespace ShopSaga.Bus;

/// <summary>Everything an endpoint is made of. Each handler and saga is registered explicitly; nothing is scanned.</summary>
public sealed class EndpointConfiguration
{
    /// <param name="endpointName">The endpoint's name, which is also its queue's; not blank, no <c>@</c>.</param>
    public EndpointConfiguration(string endpointName)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(endpointName);
        if (endpointName.Contains('@', StringComparison.Ordinal))
        {
            throw new ArgumentException("The name of an endpoint must not contain '@'.", nameof(endpointName));
        }

        EndpointName = endpointName;
    }

    /// <summary>The endpoint's name and its queue's.</summary>
    public string EndpointName { get; }

    internal List<Type> HandlerTypes { get; } = [];

    internal List<Type> SagaTypes { get; } = [];

    internal ConventionsBuilder ConventionsSettings { get; } = new();

    internal TransportDefinition? Transport { get; private set; }

    internal PersistenceExtensions<SqlPersistence> PersistenceSettings { get; } = new();

    internal OutboxSettings OutboxSettings { get; } = new();

    internal RecoverabilitySettings RecoverabilitySettings { get; } = new();

    internal HostInfoSettings HostInfo { get; } = new();

    internal bool RunInstallers { get; private set; }

    internal string ErrorQueue { get; private set; } = "error";

    internal string? AuditQueue { get; private set; }

    internal TimeSpan? AuditTimeToBeReceived { get; private set; }

    internal Dictionary<string, string> StaticHeaders { get; } = [];

    internal int Concurrency { get; private set; } = Math.Max(2, Environment.ProcessorCount);

    internal int GroupSize { get; private set; } = 1;

    internal Func<Type, bool> IsHandledAlone { get; private set; } = _ => false;

    internal int ConcurrencyAlone { get; private set; }

    internal Func<object, long?>? LockKey { get; private set; }

    internal LockForGroup? LockMore { get; private set; }

    /// <summary>Makes the reporter to a monitoring system, if there is one.</summary>
    internal Func<ReporterContext, IEndpointReporter>? NewReporter { get; set; }

    /// <summary>Set by tests that end processing at a crash point.</summary>
    internal AtCrashPoint? AtCrashPoint { get; set; }

    /// <summary>
    /// Registers a class that implements <see cref="IHandleMessages{T}"/>; handlers of a message run in the order of registration.
    /// </summary>
    public void AddHandler<THandler>()
        where THandler : class, IHandleMessages => HandlerTypes.Add(typeof(THandler));

    /// <summary>Registers a saga.</summary>
    public void AddSaga<TSaga>()
        where TSaga : Saga => SagaTypes.Add(typeof(TSaga));

    /// <summary>Says which types are events and which are commands.</summary>
    public ConventionsBuilder Conventions() => ConventionsSettings;

    /// <summary>Sets the transport; mandatory.</summary>
    public void UseTransport<T>(T transport)
        where T : TransportDefinition => Transport = transport;

    /// <summary>Sets the persistence; mandatory.</summary>
    /// <typeparam name="T"><see cref="SqlPersistence"/>.</typeparam>
    public PersistenceExtensions<SqlPersistence> UsePersistence<T>()
        where T : SqlPersistence => PersistenceSettings;

    /// <summary>Sets the serializer; System.Text.Json with its defaults is the only one.</summary>
    /// <typeparam name="T"><see cref="SystemJsonSerializer"/>.</typeparam>
    public void UseSerialization<T>()
        where T : SystemJsonSerializer
    {
    }

    /// <summary>Turns on outbox and inbox, which this runtime always has.</summary>
    public OutboxSettings EnableOutbox() => OutboxSettings;

    /// <summary>Creates queues, exchanges and tables at start.</summary>
    public void EnableInstallers() => RunInstallers = true;

    /// <summary>Sets the queue of messages that failed for good; <c>error</c> by default.</summary>
    public void SendFailedMessagesTo(string errorQueue) => ErrorQueue = errorQueue;

    /// <summary>Sends a copy of each processed message to this queue.</summary>
    /// <param name="auditQueue">The queue; created at start where installers are on.</param>
    /// <param name="timeToBeReceived">How long the broker keeps a copy that is not consumed; for ever by default.</param>
    public void AuditProcessedMessagesTo(string auditQueue, TimeSpan? timeToBeReceived = null)
    {
        AuditQueue = auditQueue;
        AuditTimeToBeReceived = timeToBeReceived;
    }

    /// <summary>Puts a header on every message this endpoint sends, over any other value of it.</summary>
    public void AddHeaderToAllOutgoingMessages(string key, string value) => StaticHeaders[key] = value;

    /// <summary>Sets how many messages, or groups of them, are handled at once; at least 1.</summary>
    public void LimitMessageProcessingConcurrencyTo(int maxConcurrency)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxConcurrency, 1);
        Concurrency = maxConcurrency;
    }

    /// <summary>
    /// Lets up to this many waiting messages be handled one after the other in one transaction; 1 by default. A message that fails is taken
    /// out, and the others are handled once more, without it. It multiplies throughput where handlers only use the database; a handler
    /// that calls another system is for <see cref="HandleAlone"/>. Only this runtime has it.
    /// </summary>
    public void HandleInGroupsOf(int maxMessages)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxMessages, 1);
        GroupSize = maxMessages;
    }

    /// <summary>
    /// Messages of handlers for which <paramref name="handlerTypes"/> holds are handled in a transaction of their own, for any
    /// <see cref="HandleInGroupsOf"/>: a group's transaction would stay open while such a handler calls another system, and the call
    /// would be repeated when another message of the group fails. Only this runtime has it.
    /// </summary>
    /// <param name="handlerTypes">The handlers.</param>
    /// <param name="ownConcurrency">
    /// How many workers handle such messages, besides the groups, and any message that had to wait for a lock; 0 if they wait in turn with
    /// the groups.
    /// </param>
    public void HandleAlone(Func<Type, bool> handlerTypes, int ownConcurrency = 0) =>
        (IsHandledAlone, ConcurrencyAlone) = (handlerTypes, ownConcurrency);

    /// <summary>
    /// Keeps groups from deadlocks. Each takes a lock of the database for the keys of its messages, in ascending
    /// order, and handles them in that order. Only this runtime has it.
    /// </summary>
    /// <param name="keyOf">The key of a message's content, such as the id of the order that it is about; null for one that needs no
    /// lock. A key locks in the whole database.</param>
    /// <param name="lockMore">Locks, in one order, the rows that messages with different keys have in common.</param>
    public void LockInOrder(Func<object, long?> keyOf, LockForGroup? lockMore = null) => (LockKey, LockMore) = (keyOf, lockMore);

    /// <summary>Sets retries.</summary>
    public RecoverabilitySettings Recoverability() => RecoverabilitySettings;

    /// <summary>Sets the names by which this instance is known to monitoring.</summary>
    public HostInfoSettings UniquelyIdentifyRunningInstance() => HostInfo;
}

/// <summary>The serializer: System.Text.Json with its defaults.</summary>
public class SystemJsonSerializer
{
    private SystemJsonSerializer()
    {
    }
}

/// <summary>How this instance is known to monitoring.</summary>
public sealed class HostInfoSettings
{
    internal string? InstanceName { get; private set; }

    internal string? HostName { get; private set; }

    internal string? DisplayName { get; private set; }

    /// <summary>Derives the host id from these two names instead of the program's path and the machine's name.</summary>
    public HostInfoSettings UsingNames(string instanceName, string hostName)
    {
        InstanceName = instanceName;
        HostName = hostName;
        return this;
    }

    /// <summary>The name that monitoring shows instead of the host's; the host id does not depend on it.</summary>
    public HostInfoSettings UsingCustomDisplayName(string displayName)
    {
        DisplayName = displayName;
        return this;
    }
}
