namespace ShopSaga.Tests.Bus.Support;

/// <summary>The transports over which the suites in Transports run.</summary>
public enum TransportKind
{
    RabbitMq,
    InMemory,
}

internal static class TransportKinds
{
    public static ITestBroker NewBroker(this TransportKind kind) => kind switch
    {
        TransportKind.RabbitMq => RabbitMq.Instance,
        TransportKind.InMemory => new InMemory(new InMemoryBroker(TimeProvider.System)),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such transport."),
    };
}
