namespace ShopSaga.Bus;

/// <summary>
/// Processes a group of messages in one transaction, and in smaller ones when that fails.
/// <code>
///   together ── one fails ─► the others together, without it ─► … at most three times ─► every message that is left, alone
///   messages whose handlers need a transaction of their own ─► alone from the beginning
///   a lock that an impatient group does not get ─► the message that wants it, or each if none can be told, is left to a patient worker
/// </code>
/// Impatient: it waits at most a second for a lock, because the other messages of the group wait with it. A message that is processed alone
/// and meets a concurrent transaction is processed again at once, up to ten times. Any other exception is the failure of that message.
/// </summary>
internal sealed class GroupProcessor(MessageProcessor processor, HandlerInvoker handlers, ReceiveObserver observer)
{
    private const int ConcurrencyAttempts = 10;
    private const int GroupAttempts = 3;

    /// <summary>
    /// Processes the group. Returns for each message null, or why it failed: a <see cref="LockedException"/> says that it is still to be
    /// processed, patiently and alone.
    /// </summary>
    /// <param name="messages">The messages.</param>
    /// <param name="isPatient">Whether it may wait for locks as long as the database's settings say, instead of a second.</param>
    /// <param name="cancellationToken">Cancelled when the endpoint has to end.</param>
    /// <exception cref="DatabaseUnavailableException">The database cannot be reached; the group can be processed again as it
    /// is.</exception>
    /// <exception cref="Npgsql.NpgsqlException">The connection broke while a message was handled.</exception>
    public async Task<Exception?[]> Process(
        IReadOnlyList<IncomingMessage> messages, bool isPatient, CancellationToken cancellationToken)
    {
        observer.Fetched(messages);
        if (messages.Count == 1)
        {
            return [await ProcessAlone(messages[0], isPatient, cancellationToken)];
        }

        var remaining = messages.Where(handlers.IsHandledAlone).ToDictionary(message => message, _ => (LockedException?)null);
        await ProcessTogether([.. messages.Where(message => !remaining.ContainsKey(message))], isPatient, remaining, cancellationToken);
        var failures = new Exception?[messages.Count];
        for (var i = 0; i < messages.Count; i++)
        {
            if (remaining.TryGetValue(messages[i], out var locked))
            {
                failures[i] = locked ?? await ProcessAlone(messages[i], isPatient, cancellationToken);
            }
        }

        return failures;
    }

    /// <summary>Processes messages as one group. Adds those that remain to be processed, with the lock that they wait for if any.</summary>
    private async Task ProcessTogether(
        IReadOnlyList<IncomingMessage> messages,
        bool isPatient,
        Dictionary<IncomingMessage, LockedException?> remaining,
        CancellationToken cancellationToken)
    {
        var together = messages.ToList();
        LockedException? locked = null;
        for (var attempt = 1; attempt <= GroupAttempts && together.Count > 1; attempt++)
        {
            var group = new MessageGroup([.. together], isPatient);
            try
            {
                await processor.Process(group, cancellationToken);
                return;
            }
            catch (Exception failure) when (IsOfMessages(failure, cancellationToken))
            {
                locked = Locked(failure, isPatient);
                if (group.Current is not { } culprit)
                {
                    break;
                }

                remaining.Add(culprit, locked);
                together.Remove(culprit);
            }
        }

        together.ForEach(message => remaining.Add(message, locked));
    }

    private async Task<Exception?> ProcessAlone(IncomingMessage message, bool isPatient, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await processor.Process(new MessageGroup([message], isPatient), cancellationToken);
                return null;
            }
            catch (Exception failure) when (IsOfMessages(failure, cancellationToken))
            {
                if (!Database.IsConcurrency(failure) || attempt == ConcurrencyAttempts)
                {
                    return Locked(failure, isPatient) ?? failure;
                }
            }
        }
    }

    private static LockedException? Locked(Exception failure, bool isPatient) =>
        !isPatient && Database.IsTimeout(failure) ? new LockedException(failure) : null;

    /// <summary>Whether the messages are to blame, rather than the database being away or the endpoint being stopped.</summary>
    private static bool IsOfMessages(Exception failure, CancellationToken cancellationToken) =>
        !Database.IsUnavailable(failure) && !cancellationToken.IsCancellationRequested;
}
