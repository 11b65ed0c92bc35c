namespace ShopSaga.Bus.ServiceControl;

/// <summary>A check that runs regularly; its result is reported to ServiceControl.</summary>
/// <param name="id">The name under which the result is shown.</param>
/// <param name="category">The group under which it is shown.</param>
/// <param name="repeatAfter">How long to wait after a run before the next one; null for one run at start.</param>
public abstract class CustomCheck(string id, string category, TimeSpan? repeatAfter = null)
{
    /// <summary>The name under which the result is shown.</summary>
    public string Id { get; } = id;

    /// <summary>The group under which it is shown.</summary>
    public string Category { get; } = category;

    /// <summary>How long to wait after a run before the next one; null for one run at start.</summary>
    public TimeSpan? Interval { get; } = repeatAfter;

    /// <summary>Runs the check. An exception counts as a failure.</summary>
    public abstract Task<CheckResult> PerformCheck(CancellationToken cancellationToken = default);
}

/// <summary>The result of a custom check.</summary>
public sealed class CheckResult
{
    /// <summary>The check passed.</summary>
    public static readonly CheckResult Pass = new();

    private CheckResult()
    {
    }

    /// <summary>Whether the check failed.</summary>
    public bool HasFailed { get; private init; }

    /// <summary>Why the check failed; null when it passed.</summary>
    public string? FailureReason { get; private init; }

    /// <summary>A failure, with its reason.</summary>
    public static CheckResult Failed(string reason) => new() { HasFailed = true, FailureReason = reason };

    /// <summary>A completed task with the result.</summary>
    public static implicit operator Task<CheckResult>(CheckResult result) => Task.FromResult(result);
}
