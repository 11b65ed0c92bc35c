namespace ShopSaga.Local.Processes;

/// <summary>A command line, and how its environment differs from ours.</summary>
internal sealed record Command(string Program, params string[] Arguments)
{
    public Dictionary<string, string> Environment { get; init; } = [];

    /// <summary>Prefixes of variables that are removed from the inherited environment.</summary>
    public string[] HiddenPrefixes { get; init; } = [];

    public string? Folder { get; init; }

    /// <summary>The system user to run as. Only root can set one.</summary>
    public string? User { get; init; }

    /// <summary>The signal for a clean shutdown.</summary>
    public Signal StopSignal { get; init; } = Signal.Terminate;

    /// <summary>The signal for a fast shutdown of a process whose data is about to be deleted.</summary>
    public Signal AbandonSignal { get; init; } = Signal.Kill;
}
