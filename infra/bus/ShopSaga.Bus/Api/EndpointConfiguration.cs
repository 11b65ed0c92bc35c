using System.Data.Common;

namespace ShopSaga.Bus;

/// <summary>Everything an endpoint is made of. Handlers and sagas are registered by name; nothing is scanned.</summary>
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

    internal bool Installers { get; private set; }

    internal string ErrorQueue { get; private set; } = "error";

    internal string? AuditQueue { get; private set; }

    internal TimeSpan? AuditTimeToBeReceived { get; private set; }

    internal MonitoringSettings Monitoring { get; } = new();

    internal Dictionary<string, string> StaticHeaders { get; } = [];

    internal int Concurrency { get; private set; } = Math.Max(2, Environment.ProcessorCount);

    internal int GroupSize { get; private set; } = 1;

    internal Func<ICriticalErrorContext, CancellationToken, Task>? CriticalErrorAction { get; private set; }

    /// <summary>Set by tests that let the process die at a step.</summary>
    internal AtStep? AtStep { get; set; }

    /// <summary>Registers a class that implements <see cref="IHandleMessages{T}"/>; handlers of a message run in the order of registration.</summary>
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
    public void EnableInstallers() => Installers = true;

    /// <summary>Sets where messages go that failed for good; <c>error</c> by default.</summary>
    public void SendFailedMessagesTo(string errorQueue) => ErrorQueue = errorQueue;

    /// <summary>Sends a copy of each processed message to this queue.</summary>
    /// <param name="auditQueue">The queue; created at start where installers are on.</param>
    /// <param name="timeToBeReceived">How long the broker keeps a copy that nobody takes; for ever by default.</param>
    public void AuditProcessedMessagesTo(string auditQueue, TimeSpan? timeToBeReceived = null)
    {
        AuditQueue = auditQueue;
        AuditTimeToBeReceived = timeToBeReceived;
    }

    /// <summary>Puts a header on every message this endpoint sends, whatever else says of it.</summary>
    public void AddHeaderToAllOutgoingMessages(string key, string value) => StaticHeaders[key] = value;

    /// <summary>Sets how many messages are handled at once; at least 1.</summary>
    public void LimitMessageProcessingConcurrencyTo(int maxConcurrency)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxConcurrency, 1);
        Concurrency = maxConcurrency;
    }

    /// <summary>
    /// Lets up to this many waiting messages be handled one after the other in one transaction; 1 by default. A message that fails is taken out, and
    /// the others are handled once more, without it. It multiplies throughput where handlers only use the database. Leave it at 1 where a handler
    /// waits for something outside, or does something there. Only this runtime has it.
    /// </summary>
    public void HandleInGroupsOf(int maxMessages)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxMessages, 1);
        GroupSize = maxMessages;
    }

    /// <summary>Sets retries.</summary>
    public RecoverabilitySettings Recoverability() => RecoverabilitySettings;

    /// <summary>Sets the names by which this instance is known to monitoring.</summary>
    public HostInfoSettings UniquelyIdentifyRunningInstance() => HostInfo;

    /// <summary>Sets what happens when the endpoint cannot go on, as when the broker stays away for two minutes. Only logged by default.</summary>
    public void DefineCriticalErrorAction(Func<ICriticalErrorContext, CancellationToken, Task> onCriticalError) =>
        CriticalErrorAction = onCriticalError;
}

/// <summary>Says by rules on types which are messages.</summary>
public sealed class ConventionsBuilder
{
    internal Func<Type, bool> IsEvent { get; private set; } = _ => false;

    internal Func<Type, bool> IsCommand { get; private set; } = _ => false;

    /// <summary>Types for which <paramref name="definesEventType"/> holds are events: they are published, and subscribed to where handled.</summary>
    public ConventionsBuilder DefiningEventsAs(Func<Type, bool> definesEventType)
    {
        IsEvent = definesEventType;
        return this;
    }

    /// <summary>Types for which <paramref name="definesCommandType"/> holds are commands: they are sent to one endpoint.</summary>
    public ConventionsBuilder DefiningCommandsAs(Func<Type, bool> definesCommandType)
    {
        IsCommand = definesCommandType;
        return this;
    }
}

/// <summary>The serializer: System.Text.Json with its defaults.</summary>
public class SystemJsonSerializer
{
    private SystemJsonSerializer()
    {
    }
}

/// <summary>Outbox and sagas in tables of the endpoint's own database.</summary>
public class SqlPersistence
{
    private SqlPersistence()
    {
    }
}

/// <summary>SQL dialects.</summary>
public abstract class SqlDialect
{
    /// <summary>PostgreSQL.</summary>
    public class PostgreSql : SqlDialect;
}

/// <summary>Settings of a dialect.</summary>
/// <typeparam name="T">The dialect.</typeparam>
public sealed class SqlDialectSettings<T>
    where T : SqlDialect
{
    /// <summary>Not needed by this runtime, which knows that it speaks to PostgreSQL.</summary>
    public void JsonBParameterModifier(Action<DbParameter> modifier)
    {
    }
}

/// <summary>Settings of the persistence.</summary>
/// <typeparam name="T"><see cref="SqlPersistence"/>.</typeparam>
public sealed class PersistenceExtensions<T>
{
    internal Func<DbConnection>? NewConnection { get; private set; }

    internal string? Prefix { get; private set; }

    /// <summary>Sets how a new, unopened connection is made; mandatory.</summary>
    public void ConnectionBuilder(Func<DbConnection> connectionBuilder) => NewConnection = connectionBuilder;

    /// <summary>Sets the dialect; PostgreSQL is the only one.</summary>
    public SqlDialectSettings<SqlDialect.PostgreSql> SqlDialect<TDialect>()
        where TDialect : SqlDialect.PostgreSql => new();

    /// <summary>Sets the prefix of the tables' names, taken as it is, at most 20 characters; by default the endpoint's name with underscores.</summary>
    public void TablePrefix(string tablePrefix) => Prefix = tablePrefix;

    /// <summary>Registers <see cref="ITransactionalSession"/>.</summary>
    public void EnableTransactionalSession()
    {
    }
}

/// <summary>Settings of the outbox, whose records are also the inbox.</summary>
public sealed class OutboxSettings
{
    internal TimeSpan KeepFor { get; private set; } = TimeSpan.FromDays(7);

    internal TimeSpan CleanupEvery { get; private set; } = TimeSpan.FromMinutes(1);

    internal bool Cleanup { get; private set; } = true;

    internal bool IsPessimistic { get; private set; }

    /// <summary>How long a message is remembered as processed; 7 days by default.</summary>
    public void KeepDeduplicationDataFor(TimeSpan time) => KeepFor = time;

    /// <summary>How often what is older is deleted; every minute by default.</summary>
    public void RunDeduplicationDataCleanupEvery(TimeSpan interval) => CleanupEvery = interval;

    /// <summary>Leaves the deletion to somebody else.</summary>
    public void DisableCleanup() => Cleanup = false;

    /// <summary>
    /// Lets a copy of a message wait until the other is processed, before its handlers run. By default both run and one of the two commits, which
    /// costs a round trip less; choose this where a handler does something outside of the transaction.
    /// </summary>
    public void UsePessimisticConcurrencyControl() => IsPessimistic = true;
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

/// <summary>Why the endpoint cannot go on.</summary>
public interface ICriticalErrorContext
{
    /// <summary>What happened, in a sentence.</summary>
    string Error { get; }

    /// <summary>The cause.</summary>
    Exception Exception { get; }
}
