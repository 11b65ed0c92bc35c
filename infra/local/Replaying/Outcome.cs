namespace ShopSaga.Local.Replaying;

/// <summary>What became of failed messages that were to be returned.</summary>
/// <param name="Group">Their group.</param>
/// <param name="Queue">The queue they failed in, where they say so.</param>
/// <param name="WhyLeft">Why they are still in the error queue; null when they are back in their own.</param>
internal sealed record Outcome(string Group, string? Queue, string? WhyLeft)
{
    public static Outcome Returned(FailedMessage message) => new(message.Group, message.FailedQueue, null);

    public static Outcome Left(FailedMessage message, string reason) => new(message.Group, message.FailedQueue, reason);
}
