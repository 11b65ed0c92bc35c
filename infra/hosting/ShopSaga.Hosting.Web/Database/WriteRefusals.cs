using Npgsql;

namespace ShopSaga.Hosting.Database;

/// <summary>
/// Remembers that the database refused a write, for the health check: a full disk shows only when something is written. The last refusal
/// counts for half a minute, since there may be no other write to prove that it is over.
/// </summary>
internal sealed class WriteRefusals(TimeProvider time)
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(30);
    private volatile Refusal? _last;

    /// <summary>The reason of a recent refusal; null when there was none.</summary>
    public string? Reason => _last is { } last && time.GetElapsedTime(last.At) < MaxAge ? last.Reason : null;

    public void Add(PostgresException failure) => _last = new Refusal(failure.MessageText, time.GetTimestamp());

    private sealed record Refusal(string Reason, long At);
}
