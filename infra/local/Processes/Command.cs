namespace ShopSaga.Local.Processes;

/// <summary>A command line with what differs from our own environment.</summary>
internal sealed record Command(string Program, params string[] Arguments)
{
    public Dictionary<string, string> Environment { get; init; } = [];

    /// <summary>Variables of ours that must not reach the process start with one of these.</summary>
    public string[] HiddenPrefixes { get; init; } = [];

    public string? Folder { get; init; }

    /// <summary>The system user to run as; only root can ask for one.</summary>
    public string? User { get; init; }

    /// <summary>What asks the process to end in good order.</summary>
    public Signal StopSignal { get; init; } = Signal.Terminate;

    /// <summary>What ends the process when nobody cares for its data any more.</summary>
    public Signal AbandonSignal { get; init; } = Signal.Kill;
}
