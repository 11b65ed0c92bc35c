namespace ShopSaga.Tests.Simulation.Faults;

/// <summary>A fault that is built in from outside, so that a test can show that it is found.</summary>
/// <param name="Name">What is wrong.</param>
internal sealed record BuiltInFault(string Name)
{
    /// <summary>The service in whose database the trigger is.</summary>
    public string Service { get; init; } = "";

    /// <summary>When the trigger fires, such as <c>BEFORE INSERT ON reservations</c>.</summary>
    public string When { get; init; } = "";

    /// <summary>The statements of the trigger, before its <c>RETURN NEW</c>.</summary>
    public string? Statements { get; init; }

    /// <summary>Makes what changes deliveries, messages and requests: anew for each history, so that it can be played alone.</summary>
    public Func<Tampering>? Tampering { get; init; }

    public override string ToString() => Name;
}

/// <summary>Changes things on their way, in one history.</summary>
internal sealed record Tampering
{
    /// <summary>Changes a delivery before the service sees it.</summary>
    public Func<InFlightMessage, Task<InFlightMessage>>? Receiving { get; init; }

    /// <summary>Changes a message on its way out; null takes it away.</summary>
    public Func<OutgoingOperation, OutgoingOperation?>? Sending { get; init; }

    /// <summary>Changes a request to the provider.</summary>
    public Action<HttpRequestMessage>? Calling { get; init; }
}
