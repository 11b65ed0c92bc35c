namespace ShopSaga.Operations.Failures;

/// <summary>Failed messages of one message type that one type of exception stopped.</summary>
/// <param name="Id">The id of the group.</param>
/// <param name="MessageType">The full name of the latest message's type; a group goes by its simple name.</param>
/// <param name="ExceptionType">The full name of the latest exception's type; a group goes by its simple name.</param>
/// <param name="ExceptionMessage">What the latest exception says.</param>
/// <param name="Queues">The queues they failed in.</param>
/// <param name="Messages">How many.</param>
/// <param name="FirstAt">When the earliest failed.</param>
/// <param name="LastAt">When the latest failed.</param>
internal sealed record FailedGroup(
    string Id,
    string MessageType,
    string ExceptionType,
    string ExceptionMessage,
    IReadOnlyList<string> Queues,
    int Messages,
    DateTimeOffset? FirstAt,
    DateTimeOffset? LastAt)
{
    private const int MaxQueues = 20;

    public static FailedGroup Of(IReadOnlyCollection<FailedMessageView> messages)
    {
        var last = messages.MaxBy(message => message.FailedAt ?? DateTimeOffset.MinValue)!;
        return new FailedGroup(
            last.Group,
            last.MessageType,
            last.ExceptionType,
            last.ExceptionMessage,
            [.. messages.Select(message => message.Queue).OfType<string>().Distinct().Order(StringComparer.Ordinal).Take(MaxQueues)],
            messages.Count,
            messages.Min(message => message.FailedAt),
            last.FailedAt);
    }
}

/// <summary>The groups, the largest first, and the state of the error queue.</summary>
/// <param name="Items">The groups.</param>
/// <param name="Messages">The messages in the queue.</param>
/// <param name="IsPartial">Whether there are more messages than were read.</param>
/// <param name="ReadAt">When the queue was read.</param>
/// <param name="IsConsumed">
/// Whether a consumer, which is ServiceControl, takes failed messages from the queue: then they are in ServicePulse, and not here.
/// </param>
/// <param name="ServicePulse">The address of ServicePulse, if it is configured.</param>
internal sealed record FailedGroups(
    IReadOnlyList<FailedGroup> Items, int Messages, bool IsPartial, DateTimeOffset ReadAt, bool IsConsumed, Uri? ServicePulse);
