using System.Globalization;

namespace ShopSaga.Bus;

/// <summary>
/// Control messages with which the other lane commits a transactional session: they find the session's record and have it dispatched. One
/// that comes before the commit is sent again with a growing delay, until no time remains; then the pipeline stores an empty record under
/// the session's id, on which a commit that comes even later fails. So one of the two wins, and the messages leave if and only if the
/// session commits.
/// </summary>
internal static class CommitControl
{
    private const string Prefix = "NServiceBus.TransactionalSession.";
    private const string Remaining = Prefix + "RemainingCommitDuration";
    private const string Increment = Prefix + "CommitDelayIncrement";
    private const string Attempt = Prefix + "CommitDelayAttempt";
    private const string TimeSent = Prefix + "TimeSent";

    /// <summary>The copy that is to come later; null when the message is no such control message, or no time remains.</summary>
    public static OutgoingOperation? Postponed(IncomingMessage message, string localAddress, TimeProvider time)
    {
        if (Span(message, Remaining) is not { } remaining || Span(message, Increment) is not { } increment || remaining <= TimeSpan.Zero)
        {
            return null;
        }

        // Doubled, up to what remains; an increment of nothing would repeat for ever.
        increment = increment > TimeSpan.Zero && increment < remaining - increment ? increment * 2 : remaining;
        var attempt = int.TryParse(
            message.Headers.GetValueOrDefault(Attempt), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 1;
        return new OutgoingOperation
        {
            MessageId = message.MessageId,
            Headers = new Dictionary<string, string>(message.Headers)
            {
                [Remaining] = (remaining - increment).ToString("c", CultureInfo.InvariantCulture),
                [Increment] = increment.ToString("c", CultureInfo.InvariantCulture),
                [Attempt] = (attempt + 1).ToString(CultureInfo.InvariantCulture),
                [TimeSent] = WireTime.ToWire(time.GetUtcNow()),
            },
            Body = message.Body,
            Destination = localAddress,
            Delay = increment,
        };
    }

    private static TimeSpan? Span(IncomingMessage message, string header) =>
        TimeSpan.TryParseExact(message.Headers.GetValueOrDefault(header), "c", CultureInfo.InvariantCulture, out var span) ? span : null;
}
