namespace ShopSaga.Bus;

/// <summary>
/// Recovers a group of messages whose transaction failed.
/// <code>
///   together ── one fails ─► the others together, without it ─► … at most three times ─► every message that is left, alone
///   messages whose handlers need a transaction of their own ─► alone from the beginning
/// </code>
/// A message alone runs again at once while two transactions met; any other failure is the message's own.
/// </summary>
internal sealed class GroupProcessor(MessageProcessor processor, HandlerInvoker handlers, ReceiveObserver observer)
{
    private const int ConcurrencyAttempts = 10;
    private const int GroupAttempts = 3;

    /// <summary>Processes the group. Returns for each message null, or why it failed.</summary>
    /// <exception cref="DatabaseUnavailableException">The database cannot be reached; the group can be processed again as it
    /// is.</exception>
    /// <exception cref="Npgsql.NpgsqlException">The connection broke while a message was handled.</exception>
    public async Task<Exception?[]> Process(IReadOnlyList<IncomingMessage> messages, CancellationToken cancellationToken)
    {
        observer.Fetched(messages);
        var failures = new Exception?[messages.Count];
        var alone = messages.Count == 1 ? [.. messages] : messages.Where(handlers.NeedsTransactionOfItsOwn).ToHashSet();
        alone.UnionWith(await ProcessTogether([.. messages.Where(message => !alone.Contains(message))], cancellationToken));
        for (var i = 0; i < messages.Count; i++)
        {
            if (alone.Contains(messages[i]))
            {
                failures[i] = await ProcessAlone(messages[i], cancellationToken);
            }
        }

        return failures;
    }

    /// <summary>Processes messages as one group. Returns those that must be processed alone.</summary>
    private async Task<HashSet<IncomingMessage>> ProcessTogether(
        IReadOnlyList<IncomingMessage> messages, CancellationToken cancellationToken)
    {
        var alone = new HashSet<IncomingMessage>();
        while (alone.Count < GroupAttempts && messages.Count - alone.Count > 1)
        {
            var group = new MessageGroup([.. messages.Where(message => !alone.Contains(message))]);
            try
            {
                await processor.Process(group, cancellationToken);
                return alone;
            }
            catch (Exception failure) when (IsOfMessages(failure, cancellationToken))
            {
                if (group.Current is null)
                {
                    break;
                }

                alone.Add(group.Current);
            }
        }

        return [.. messages];
    }

    private async Task<Exception?> ProcessAlone(IncomingMessage message, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await processor.Process(new MessageGroup([message]), cancellationToken);
                return null;
            }
            catch (Exception failure) when (IsOfMessages(failure, cancellationToken))
            {
                if (!Database.IsConcurrency(failure) || attempt == ConcurrencyAttempts)
                {
                    return failure;
                }
            }
        }
    }

    /// <summary>Whether the messages are to blame, rather than the database being away or the endpoint being stopped.</summary>
    private static bool IsOfMessages(Exception failure, CancellationToken cancellationToken) =>
        !Database.IsUnavailable(failure) && !cancellationToken.IsCancellationRequested;
}
