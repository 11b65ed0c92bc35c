namespace ShopSaga.Bus;

/// <summary>Rules that tell events and commands by their types.</summary>
public sealed class ConventionsBuilder
{
    internal Func<Type, bool> IsEvent { get; private set; } = _ => false;

    internal Func<Type, bool> IsCommand { get; private set; } = _ => false;

    /// <summary>
    /// Types for which <paramref name="definesEventType"/> holds are events: they are published, and subscribed to where handled.
    /// </summary>
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
