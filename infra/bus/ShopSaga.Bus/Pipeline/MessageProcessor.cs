using Microsoft.Extensions.Logging;
using Npgsql;

namespace ShopSaga.Bus;

/// <summary>
/// The receive pipeline: a group of messages, often of one, in one transaction.
/// <code>
///   1 inbox        lock the keys of the messages; which of them were processed before?
///   2 handle       each new one: deserialize, handlers and sagas
///   3 commit       the handlers' rows, and an outbox record for each new message
///   4 dispatch     the operations of the new records, and of known ones that are undispatched; wait for the broker's confirms
///   5 mark         the records as dispatched, later and in bulk
///   6 report       to ServiceControl the messages that it retried
/// </code>
/// Before 3 nothing has happened: a failure or a crash repeats everything (GroupProcessor decides how). After 3 the inbox skips 2 and 3.
/// </summary>
internal sealed class MessageProcessor(
    Database database,
    OutboxStore outbox,
    HandlerInvoker handlers,
    GroupLocks? locks,
    OutgoingMessages outgoing,
    Dispatch dispatch,
    OutboxMarker marker,
    AuditCopies? audit,
    ReceiveObserver observer,
    AtCrashPoint? atCrashPoint,
    TimeProvider time,
    ILogger<MessageProcessor> logger)
{
    /// <summary>The maximum length of an id, in characters: that of the inbox's column.</summary>
    private const int MaxMessageId = 200;

    /// <summary>The maximum size, in bytes, of messages that share an outbox record.</summary>
    private const int MaxMerged = 65_536;

    /// <exception cref="DatabaseUnavailableException">The database cannot be reached. No handler has run, so no message is to
    /// blame.</exception>
    public async Task Process(MessageGroup group, CancellationToken cancellationToken)
    {
        try
        {
            await Reached(CrashPoint.BeforeTransaction, group.Messages);
            await HandleAndCommit(group, cancellationToken);
            await DispatchAndMark(group, cancellationToken);
            await ReportRetries(group, cancellationToken);
            observer.Succeeded(group.Attempts);
        }
        catch (Exception failure)
        {
            observer.Failed(group.Attempts, failure, isRepeated: group.Messages.Count > 1, cancellationToken);
            throw;
        }
        finally
        {
            // Not before the transaction is over: a broker that blocks publishers must hold no locks in the database.
            await Task.WhenAll(group.SagaReports);
        }
    }

    private async Task HandleAndCommit(MessageGroup group, CancellationToken cancellationToken)
    {
        // 1
        var (connection, begun, known) = await OpenAndReadInbox(group, cancellationToken);
        await using var ownConnection = connection;
        foreach (var (messageId, record) in known.Where(entry => !entry.Value.Dispatched))
        {
            group.Operations.AddRange(OutboxJson.Read(record.Operations));
            group.Undispatched.Add(messageId);
        }

        // Npgsql sends BEGIN with the first statement: a handler that calls a provider first holds no transaction open meanwhile
        // (docs/decisions/004-the-provider-is-called-outside-a-transaction.md).
        await using var transaction = begun ?? await connection.BeginTransactionAsync(cancellationToken);
        if (known.Count < group.Messages.Count)
        {
            try
            {
                // 2
                var records = await HandleNew(group, known.Keys, new SqlStorageSession(connection, transaction), cancellationToken);

                // 3
                await Commit(group, records, transaction, cancellationToken);
            }
            catch (Exception failure) when (Database.LeavesHalfPrepared(failure))
            {
                await Database.ForgetPrepared(transaction);
                throw;
            }
        }

        observer.BeginKnown(group.Attempts, group.Messages, known.ToDictionary(entry => entry.Key, entry => entry.Value.Dispatched));
    }

    /// <summary>
    /// Opens a connection, locks the keys, and reads the records of the messages that were processed before, in one round trip. The
    /// transaction has begun if there are keys to lock or it is impatient, which limits its waits for locks to a second. A copy that is
    /// processed at the same time is refused by the primary key of the records.
    /// </summary>
    private async Task<(NpgsqlConnection Connection, NpgsqlTransaction? Begun, Dictionary<string, OutboxRecord> Known)> OpenAndReadInbox(
        MessageGroup group, CancellationToken cancellationToken)
    {
        NpgsqlConnection? connection = null;
        try
        {
            var keys = locks?.KeysOf(group.Messages) ?? [];
            connection = await database.Open(cancellationToken);
            var transaction = keys.Length > 0 || !group.IsPatient ? await connection.BeginTransactionAsync(cancellationToken) : null;
            string[] ids = [.. group.Messages.Select(message => message.MessageId)];
            return (connection, transaction, await outbox.LockAndRead(connection, keys, ids, group.IsPatient, cancellationToken));
        }
        catch (Exception failure)
        {
            await (connection?.DisposeAsync() ?? default);
            if (Database.IsUnavailable(failure))
            {
                throw new DatabaseUnavailableException(failure.Message, failure);
            }

            throw;
        }
    }

    /// <summary>Handles each message that is new, and only the first of two copies. Returns the records to store.</summary>
    private async Task<Dictionary<string, List<OutgoingOperation>>> HandleNew(
        MessageGroup group, IReadOnlyCollection<string> known, SqlStorageSession session, CancellationToken cancellationToken)
    {
        var records = new Dictionary<string, List<OutgoingOperation>>();
        var messages = locks?.InOrder(group.Messages) ?? group.Messages;
        await (locks?.LockMore([.. messages.Where(message => !known.Contains(message.MessageId))], session, cancellationToken)
            ?? Task.CompletedTask);
        foreach (var message in messages)
        {
            if (known.Contains(message.MessageId) || records.ContainsKey(message.MessageId))
            {
                continue;
            }

            if (CommitControl.Postponed(message, outgoing.LocalAddress, time) is { } later)
            {
                // Not committed yet: the control message is sent again. It must store no record, on which the session's commit would fail.
                group.Operations.Add(later);
                continue;
            }

            group.Current = message;
            records.Add(message.MessageId, await Handle(group, message, session, cancellationToken));
            await Reached(CrashPoint.Handled, [message]);
        }

        group.Current = null;
        return records;
    }

    private async Task<List<OutgoingOperation>> Handle(
        MessageGroup group, IncomingMessage message, SqlStorageSession session, CancellationToken cancellationToken)
    {
        var attempt = observer.Begin(group.Attempts, message);
        attempt?.MakeCurrent();
        var started = time.GetUtcNow();
        var context = new MessageHandlerContext(message, session, outgoing, attempt, cancellationToken);
        try
        {
            if (message.MessageId.Length > MaxMessageId)
            {
                throw new MessageDeserializationException(
                    $"The id of a message has {message.MessageId.Length} characters; at most {MaxMessageId} can be kept.");
            }

            await handlers.Invoke(message, context);
        }
        catch (Exception failure)
        {
            failure.Data["Message ID"] = message.MessageId;
            if (message.NativeId != message.MessageId)
            {
                failure.Data["Transport message ID"] = message.NativeId;
            }

            failure.Data["Pipeline canceled"] = cancellationToken.IsCancellationRequested;
            throw;
        }
        finally
        {
            group.SagaReports.AddRange(context.SagaReports);
        }

        if (audit is not null)
        {
            context.Pending.Insert(0, audit.CopyOf(message, context.SagaChanges, started, time.GetUtcNow()));
        }

        return context.Pending;
    }

    private async Task Commit(
        MessageGroup group,
        Dictionary<string, List<OutgoingOperation>> records,
        NpgsqlTransaction transaction,
        CancellationToken cancellationToken)
    {
        if (records.Count == 0)
        {
            return;
        }

        MergeOperations(records);
        await Reached(CrashPoint.BeforeCommit, group.Messages);
        await outbox.StoreAndCommit(transaction, records, cancellationToken);
        await Reached(CrashPoint.Committed, group.Messages);
        foreach (var (messageId, operations) in records.Where(entry => entry.Value.Count > 0))
        {
            group.Operations.AddRange(operations);
            group.Undispatched.Add(messageId);
        }
    }

    /// <summary>
    /// Moves the operations of a group to one of its records. So there is one to be marked instead of many, and PostgreSQL compresses it,
    /// since it is larger than two kilobytes and its messages are alike. After a crash, that record's message or the poller dispatches all
    /// of them. An operation that might be refused for good stays in its own record, so that no other message is blamed for it.
    /// </summary>
    private void MergeOperations(Dictionary<string, List<OutgoingOperation>> records)
    {
        List<OutgoingOperation>? merged = null;
        var bytes = 0;
        foreach (var operations in records.Values.Where(operations => operations.Count > 0 && operations.All(IsSafe)))
        {
            var size = operations.Sum(operation => operation.Body.Length);
            if (merged is null || bytes + size > MaxMerged)
            {
                (merged, bytes) = (operations, size);
                continue;
            }

            bytes += size;
            merged.AddRange(operations);
            operations.Clear();
        }

        bool IsSafe(OutgoingOperation operation) =>
            operation.Body.Length < MaxMerged && (operation.EventType is not null || operation.Destination == outgoing.LocalAddress);
    }

    private async Task DispatchAndMark(MessageGroup group, CancellationToken cancellationToken)
    {
        if (group.Operations.Count == 0)
        {
            return;
        }

        // 4
        marker.KeepFromPoller(group.Undispatched);
        try
        {
            observer.Dispatching(group.Attempts, group.Operations.Count);
            await dispatch(group.Operations, cancellationToken);
            observer.Dispatched(group.Attempts);
            await Reached(CrashPoint.Dispatched, group.Messages);
        }
        catch
        {
            marker.LeaveToPoller(group.Undispatched);
            throw;
        }

        // 5
        marker.Mark(group.Undispatched);
    }

    private async Task ReportRetries(MessageGroup group, CancellationToken cancellationToken)
    {
        // 6
        if (RetryAcknowledgement.Of(group.Messages, time) is { Count: > 0 } acknowledgements)
        {
            try
            {
                await dispatch(acknowledgements, cancellationToken);
            }
            catch (BrokerUnavailableException refused) when (refused is DestinationMissingException || refused.IsRefusal)
            {
                // The work is committed: treating the message as failed would be wrong, and would list it as failed again.
                logger.LogWarning(
                    LogEvents.RetryNotAcknowledged, "ServiceControl is not told of a successful retry: {Reason}", refused.Message);
            }
        }
    }

    private async Task Reached(CrashPoint point, IReadOnlyList<IncomingMessage> messages)
    {
        if (atCrashPoint is not null)
        {
            foreach (var message in messages)
            {
                await atCrashPoint(point, message.MessageId);
            }
        }
    }
}
