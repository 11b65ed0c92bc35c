namespace ShopSaga.Bus.ServiceControl;

/// <summary>Something that is looked at regularly, and reported to ServiceControl.</summary>
/// <param name="id">What is checked.</param>
/// <param name="category">The group under which it is shown.</param>
/// <param name="repeatAfter">How long to wait after a run before the next one; null for one run at start.</param>
public abstract class CustomCheck(string id, string category, TimeSpan? repeatAfter = null)
{
    /// <summary>What is checked; the name under which the result is shown.</summary>
    public string Id { get; } = id;

    /// <summary>The group under which it is shown.</summary>
    public string Category { get; } = category;

    /// <summary>How long to wait after a run before the next one; null for one run at start.</summary>
    public TimeSpan? Interval { get; } = repeatAfter;

    /// <summary>Looks. An exception counts as failed.</summary>
    public abstract Task<CheckResult> PerformCheck(CancellationToken cancellationToken = default);
}

/// <summary>What a custom check found.</summary>
public sealed class CheckResult
{
    /// <summary>All is well.</summary>
    public static readonly CheckResult Pass = new();

    private CheckResult()
    {
    }

    /// <summary>Whether something is wrong.</summary>
    public bool HasFailed { get; private init; }

    /// <summary>What is wrong; null when nothing is.</summary>
    public string? FailureReason { get; private init; }

    /// <summary>Something is wrong.</summary>
    public static CheckResult Failed(string reason) => new() { HasFailed = true, FailureReason = reason };

    /// <summary>A result that is there at once.</summary>
    public static implicit operator Task<CheckResult>(CheckResult result) => Task.FromResult(result);
}
