using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ShopSaga.Bus;

/// <summary>
/// The receive pipeline, for a group of messages in one transaction.
/// <code>
///   1 inbox     which of them were processed before?
///   2 handlers  for each new one: its record, where the outbox is pessimistic; deserialize, handlers and sagas
///   3 store     one outbox record for each new one; commit
///   4 dispatch  all their operations, and those of known ones that never left; wait for the broker's confirms
///   5 mark      as dispatched, later and in bulk
///   6 tell      ServiceControl of those that it had sent again
/// </code>
/// Until the commit nothing has happened: a message that fails before is taken out of its group and processed alone, and the others run again. A
/// crash before the commit repeats everything; after it, the inbox makes 2 and 3 be skipped.
/// </summary>
internal sealed class MessageProcessor(
    Database database,
    OutboxStore outbox,
    HandlerRegistry handlers,
    MessageTypes types,
    OutgoingMessages outgoing,
    Dispatch dispatch,
    OutboxMarker marker,
    AuditSettings? audit,
    ReceiveObserver observer,
    AtStep? atStep,
    IServiceScopeFactory scopes,
    TimeProvider time)
{
    private const int ConcurrencyAttempts = 10;
    private const int GroupAttempts = 3;

    /// <summary>Processes the group. Gives for each message null, or why it failed.</summary>
    /// <exception cref="DatabaseUnavailableException">The database cannot be reached; the group can be processed again as it is.</exception>
    /// <exception cref="NpgsqlException">The connection broke while a message was handled.</exception>
    public async Task<Exception?[]> Process(IReadOnlyList<IncomingMessage> group, CancellationToken cancellationToken)
    {
        observer.Fetched(group);
        var failures = new Exception?[group.Count];
        var alone = await ProcessTogether(group, cancellationToken);
        for (var i = 0; i < group.Count; i++)
        {
            if (alone.Contains(group[i]))
            {
                failures[i] = await ProcessAlone(group[i], cancellationToken);
            }
        }

        return failures;
    }

    /// <summary>Processes a group as one. Gives the messages that could not be, and must be processed alone.</summary>
    private async Task<HashSet<IncomingMessage>> ProcessTogether(IReadOnlyList<IncomingMessage> group, CancellationToken cancellationToken)
    {
        var alone = new HashSet<IncomingMessage>();
        while (alone.Count < GroupAttempts && group.Count - alone.Count > 1)
        {
            var run = new Run([.. group.Where(message => !alone.Contains(message))]);
            try
            {
                await Process(run, cancellationToken);
                return alone;
            }
            catch (Exception failure) when (IsOfMessages(failure, cancellationToken))
            {
                if (run.Current is null)
                {
                    break;
                }

                alone.Add(run.Current);
            }
        }

        return [.. group];
    }

    private async Task<Exception?> ProcessAlone(IncomingMessage message, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await Process(new Run([message]), cancellationToken);
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

    private async Task Process(Run run, CancellationToken cancellationToken)
    {
        try
        {
            await Perform(run, cancellationToken);
            ReceiveObserver.Succeeded(run.Attempts);
        }
        catch (Exception failure)
        {
            ReceiveObserver.Failed(run.Attempts, failure, isRepeated: run.Messages.Count > 1, cancellationToken);
            throw;
        }
        finally
        {
            // Not before the transaction is over: a broker that blocks publishers must hold no locks in the database.
            await Task.WhenAll(run.SagaReports);
        }
    }

    private async Task Perform(Run run, CancellationToken cancellationToken)
    {
        await At(ProcessingStep.BeforeTransaction, run.Messages);

        // 1
        var (connection, transaction, known) = await OpenInbox(run.Messages, cancellationToken);
        await using (connection)
        await using (transaction)
        {
            foreach (var (messageId, record) in known.Where(entry => !entry.Value.Dispatched))
            {
                run.Operations.AddRange(OutboxJson.Read(record.Operations));
                run.Undispatched.Add(messageId);
            }

            if (known.Count < run.Messages.Count)
            {
                await HandleNew(transaction, run, known.Keys, cancellationToken);
            }

            observer.BeginKnown(run.Attempts, run.Messages, known);
        }

        // 4
        if (run.Operations.Count > 0)
        {
            ReceiveObserver.Dispatching(run.Attempts, run.Operations.Count);
            await dispatch(run.Operations, cancellationToken);
            ReceiveObserver.Dispatched(run.Attempts);
            await At(ProcessingStep.Dispatched, run.Messages);

            // 5
            marker.Mark(run.Undispatched);
        }

        // 6
        if (RetryAcknowledgement.Of(run.Messages, time) is { Count: > 0 } acknowledgements)
        {
            await dispatch(acknowledgements, cancellationToken);
        }
    }

    /// <summary>A transaction on a connection that works, and what the inbox says of the messages; both take one round trip.</summary>
    /// <exception cref="DatabaseUnavailableException">There is no such connection. No handler has run, so no message is to blame.</exception>
    private async Task<(NpgsqlConnection Connection, NpgsqlTransaction Transaction, Dictionary<string, OutboxRecord> Known)> OpenInbox(
        IReadOnlyList<IncomingMessage> messages, CancellationToken cancellationToken)
    {
        NpgsqlConnection? connection = null;
        try
        {
            connection = await database.Open(cancellationToken);
            var transaction = await connection.BeginTransactionAsync(cancellationToken);
            return (connection, transaction, await outbox.Get(connection, [.. messages.Select(message => message.MessageId)], cancellationToken));
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

    private async Task HandleNew(NpgsqlTransaction transaction, Run run, IReadOnlyCollection<string> known, CancellationToken cancellationToken)
    {
        var session = new SqlStorageSession(transaction.Connection!, transaction);
        var handled = new Dictionary<string, List<OutgoingOperation>>();
        foreach (var message in run.Messages)
        {
            if (known.Contains(message.MessageId) || handled.ContainsKey(message.MessageId))
            {
                continue;
            }

            // 2
            if (CommitControl.AskAgain(message, outgoing.LocalAddress, time) is { } question)
            {
                run.Operations.Add(question);
            }
            else
            {
                run.Current = message;
                await outbox.Begin(transaction, message.MessageId, cancellationToken);
                handled.Add(message.MessageId, await Handle(run, message, session, cancellationToken));
                await At(ProcessingStep.Handled, [message]);
            }
        }

        run.Current = null;
        if (handled.Count == 0)
        {
            return;
        }

        // 3
        await At(ProcessingStep.BeforeCommit, run.Messages);
        await outbox.StoreAndCommit(transaction, handled, cancellationToken);
        await At(ProcessingStep.Committed, run.Messages);
        foreach (var (messageId, operations) in handled.Where(entry => entry.Value.Count > 0))
        {
            run.Operations.AddRange(operations);
            run.Undispatched.Add(messageId);
        }
    }

    private async Task At(ProcessingStep step, IReadOnlyList<IncomingMessage> messages)
    {
        if (atStep is not null)
        {
            foreach (var message in messages)
            {
                await atStep(step, message.MessageId);
            }
        }
    }

    private async Task<List<OutgoingOperation>> Handle(Run run, IncomingMessage message, SqlStorageSession session, CancellationToken cancellationToken)
    {
        var attempt = observer.Begin(run.Attempts, message);
        attempt?.MakeCurrent();
        var started = time.GetUtcNow();
        var context = new MessageHandlerContext(message, session, outgoing, dispatch, attempt, run.SagaReports, cancellationToken);
        try
        {
            if (!message.IsControl)
            {
                await InvokeHandlers(message, context);
            }

            await session.SaveChanges(cancellationToken);
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

        if (audit is not null)
        {
            context.Pending.Insert(0, audit.CopyOf(message, context.SagaChanges, started, time.GetUtcNow()));
        }

        return context.Pending;
    }

    private async Task InvokeHandlers(IncomingMessage message, MessageHandlerContext context)
    {
        var type = TypeOf(message);
        var isTimeout = message.Headers.ContainsKey(Headers.IsSagaTimeoutMessage);
        var steps = handlers.StepsFor(type);
        if (!steps.Any(step => step.ForTimeouts == isTimeout))
        {
            throw new InvalidOperationException($"No handler is registered for {type.FullName}.");
        }

        var body = Deserialize(message, type);
        await using var scope = scopes.CreateAsyncScope();
        foreach (var step in steps)
        {
            if (step.ForTimeouts == isTimeout && !context.Stopped)
            {
                await Invoke(step, type, body, context, scope.ServiceProvider);
            }
        }
    }

    private async Task Invoke(HandlerStep step, Type messageType, object body, MessageHandlerContext context, IServiceProvider services)
    {
        var attempt = context.Attempt?.BeginHandler(step);
        var started = time.GetUtcNow();
        try
        {
            await step.Invoke(body, context, services);
            attempt?.Ended(null);
        }
        catch (Exception failure)
        {
            attempt?.Ended(failure);
            failure.Data["Message type"] = messageType.FullName;
            failure.Data["Handler type"] = step.HandlerType.FullName;
            failure.Data["Handler start time"] = WireTime.ToWire(started);
            failure.Data["Handler failure time"] = WireTime.ToWire(time.GetUtcNow());
            failure.Data["Handler canceled"] = context.CancellationToken.IsCancellationRequested;
            throw;
        }
    }

    private Type TypeOf(IncomingMessage message)
    {
        var enclosed = message.Headers.GetValueOrDefault(Headers.EnclosedMessageTypes)
            ?? throw new MessageDeserializationException($"Message {message.MessageId} does not say its type ({Headers.EnclosedMessageTypes}).");
        return types.Find(enclosed)
            ?? throw new MessageDeserializationException($"Message {message.MessageId} is of an unknown type: {enclosed}.");
    }

    private static object Deserialize(IncomingMessage message, Type type)
    {
        try
        {
            return JsonSerializer.Deserialize(message.Body.Span, type)
                ?? throw new MessageDeserializationException($"The body of message {message.MessageId} is null.");
        }
        catch (Exception failure) when (failure is JsonException or NotSupportedException)
        {
            throw new MessageDeserializationException($"The body of message {message.MessageId} is not a {type.FullName}: {failure.Message}", failure);
        }
    }

    /// <summary>One attempt at processing messages in one transaction.</summary>
    private sealed class Run(IReadOnlyList<IncomingMessage> messages)
    {
        public IReadOnlyList<IncomingMessage> Messages => messages;

        /// <summary>The message whose handlers run.</summary>
        public IncomingMessage? Current { get; set; }

        /// <summary>Ids of the committed records whose operations must leave, and these operations.</summary>
        public List<string> Undispatched { get; } = [];

        public List<OutgoingOperation> Operations { get; } = [];

        /// <summary>What observes the messages, where anybody does.</summary>
        public List<ReceiveObserver.Attempt> Attempts { get; } = [];

        /// <summary>What ServiceControl is being told of sagas.</summary>
        public List<Task> SagaReports { get; } = [];
    }
}
