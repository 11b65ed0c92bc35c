namespace ShopSaga.Bus;

/// <summary>The RabbitMQ transport.</summary>
/// <param name="routingTopology">How queues and exchanges are laid out.</param>
/// <param name="connectionString"><c>host=…;port=…;virtualHost=…;userName=…;password=…;useTls=…</c> or an <c>amqp://</c> URI.</param>
public sealed class RabbitMQTransport(RoutingTopology routingTopology, string connectionString) : TransportDefinition
{
    /// <summary>How often client and broker make sure of each other; 60 s by default.</summary>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long to wait before connecting again; 10 s by default.</summary>
    public TimeSpan NetworkRecoveryInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the broker may be away before the critical error action runs; 2 minutes by default.</summary>
    public TimeSpan TimeToWaitBeforeTriggeringCircuitBreaker { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Messages the broker hands out ahead, from the concurrency; three times as many by default.</summary>
    public Func<int, long> PrefetchCountCalculation { get; set; } = concurrency => 3L * concurrency;

    internal RoutingTopology RoutingTopology { get; } = routingTopology;

    internal string ConnectionString { get; } = connectionString;

    internal override ITransport Create(TransportContext context) => new RabbitMqInfrastructure(this, context);
}

/// <summary>How queues and exchanges are laid out.</summary>
public sealed class RoutingTopology
{
    private RoutingTopology(QueueType queueType) => QueueType = queueType;

    internal QueueType QueueType { get; }

    /// <summary>An exchange for each message type and each endpoint; see the contract of the wire in docs.</summary>
    public static RoutingTopology Conventional(QueueType queueType) => new(queueType);
}

/// <summary>Kinds of RabbitMQ queues.</summary>
public enum QueueType
{
    /// <summary>A queue on one node.</summary>
    Classic,

    /// <summary>A replicated queue, which also counts deliveries.</summary>
    Quorum,
}
