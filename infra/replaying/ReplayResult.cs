namespace ShopSaga.Replaying;

/// <summary>What happened to failed messages that were to be returned.</summary>
/// <param name="Group">The group of the messages.</param>
/// <param name="Queue">The queue they failed in, if known.</param>
/// <param name="Reason">Why they are still in the error queue; null when they were returned.</param>
internal sealed record ReplayResult(string Group, string? Queue, string? Reason)
{
    public static ReplayResult Returned(FailedMessage message) => new(message.Group, message.FailedQueue, null);

    public static ReplayResult Kept(FailedMessage message, string reason) => new(message.Group, message.FailedQueue, reason);
}
