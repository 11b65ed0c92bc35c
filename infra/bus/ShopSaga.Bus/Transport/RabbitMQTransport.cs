namespace ShopSaga.Bus;

/// <summary>The RabbitMQ transport.</summary>
public sealed class RabbitMQTransport : TransportDefinition
{
    /// <param name="routingTopology">How queues and exchanges are laid out.</param>
    /// <param name="connectionString"><c>host=…;port=…;virtualHost=…;userName=…;password=…;useTls=…</c> or an <c>amqp://</c> URI.</param>
    public RabbitMQTransport(RoutingTopology routingTopology, string connectionString) => ConnectionString = connectionString;

    /// <summary>How long to wait before connecting again; 10 s by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not positive.</exception>
    public TimeSpan NetworkRecoveryInterval
    {
        get;
        set => field = Positive(value);
    } = TimeSpan.FromSeconds(10);

    /// <summary>How long the broker may be away before a critical error is logged (id 8010); 2 minutes by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not positive.</exception>
    public TimeSpan TimeToWaitBeforeTriggeringCircuitBreaker
    {
        get;
        set => field = Positive(value);
    } = TimeSpan.FromMinutes(2);

    internal string ConnectionString { get; }

    internal override ITransport Create(TransportContext context) => new RabbitMqInfrastructure(this, context);

    private static TimeSpan Positive(TimeSpan value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
        return value;
    }
}

/// <summary>How queues and exchanges are laid out.</summary>
public sealed class RoutingTopology
{
    private RoutingTopology()
    {
    }

    /// <summary>An exchange for each message type and each endpoint.</summary>
    public static RoutingTopology Conventional(QueueType queueType) => new();
}

/// <summary>Kinds of RabbitMQ queues.</summary>
public enum QueueType
{
    /// <summary>Replicated, and counting deliveries, which immediate retries rely on: the only kind.</summary>
    Quorum,
}
