using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ShopSaga.Bus;

/// <summary>
/// The receive pipeline, for a group of messages in one transaction.
/// <code>
///   1 inbox     which of them were processed before?
///   2 handlers  for each new one: savepoint, deserialize, handlers and sagas
///   3 store     one outbox record for each new one; commit
///   4 dispatch  all their operations, and those of known ones that never left; wait for the broker's confirms
///   5 mark      as dispatched, later and in bulk
/// </code>
/// A message that fails in 2 is rolled back to its savepoint and alone fails. If 3 fails for a group of several, nothing has happened and each
/// is processed on its own. A crash before the commit repeats everything; after it, the inbox makes 2 and 3 be skipped.
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
    IServiceScopeFactory scopes,
    TimeProvider time)
{
    private const int ConcurrencyAttempts = 10;

    /// <summary>Processes the group. Gives for each message null, or why it failed.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached; the group can be processed again as it is.</exception>
    public async Task<Exception?[]> Process(IReadOnlyList<IncomingMessage> group, CancellationToken cancellationToken)
    {
        var failures = new Exception?[group.Count];
        var oneByOne = group.Count == 1;
        if (!oneByOne)
        {
            try
            {
                await ProcessTogether(group, failures, cancellationToken);
            }
            catch (Exception failure) when (!Database.IsUnavailable(failure) && !cancellationToken.IsCancellationRequested)
            {
                oneByOne = true;
            }
        }

        for (var i = 0; i < group.Count; i++)
        {
            if (oneByOne || (failures[i] is { } failure && Database.IsConcurrency(failure)))
            {
                failures[i] = await ProcessAlone(group[i], cancellationToken);
            }
        }

        return failures;
    }

    private async Task<Exception?> ProcessAlone(IncomingMessage message, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await ProcessTogether([message], [null], cancellationToken);
                return null;
            }
            catch (Exception failure) when (!Database.IsUnavailable(failure) && !cancellationToken.IsCancellationRequested)
            {
                if (!Database.IsConcurrency(failure) || attempt == ConcurrencyAttempts)
                {
                    return failure;
                }
            }
        }
    }

    private async Task ProcessTogether(IReadOnlyList<IncomingMessage> group, Exception?[] failures, CancellationToken cancellationToken)
    {
        var operations = new List<OutgoingOperation>();
        var stored = new List<string>();

        await using (var connection = await database.Open(cancellationToken))
        {
            // 1
            var known = await outbox.Get(connection, [.. group.Select(message => message.MessageId)], cancellationToken);
            foreach (var (messageId, record) in known.Where(entry => !entry.Value.Dispatched))
            {
                operations.AddRange(OutboxJson.Read(record.Operations));
                stored.Add(messageId);
            }

            if (known.Count < group.Count)
            {
                await HandleNew(connection, group, known, operations, stored, failures, cancellationToken);
            }
        }

        // 4
        if (operations.Count > 0)
        {
            await dispatch(operations, cancellationToken);
        }

        // 5
        marker.Mark(stored);
    }

    private async Task HandleNew(
        NpgsqlConnection connection,
        IReadOnlyList<IncomingMessage> group,
        Dictionary<string, OutboxRecord> known,
        List<OutgoingOperation> operations,
        List<string> stored,
        Exception?[] failures,
        CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var session = new SqlStorageSession(connection, transaction);
        var handled = new Dictionary<string, List<OutgoingOperation>>();
        for (var i = 0; i < group.Count; i++)
        {
            var message = group[i];
            if (known.ContainsKey(message.MessageId) || handled.ContainsKey(message.MessageId))
            {
                continue;
            }

            // 2
            try
            {
                if (group.Count > 1)
                {
                    await transaction.SaveAsync(Savepoint, cancellationToken);
                }

                handled.Add(message.MessageId, await Handle(message, session, cancellationToken));
            }
            catch (Exception failure) when (group.Count > 1 && connection.State == System.Data.ConnectionState.Open
                && !cancellationToken.IsCancellationRequested)
            {
                await transaction.RollbackAsync(Savepoint, cancellationToken);
                session.ForgetChanges();
                failures[i] = failure;
            }
        }

        if (handled.Count == 0)
        {
            return;
        }

        // 3
        await outbox.Store(transaction, [.. handled.Keys], [.. handled.Values.Select(OutboxJson.Write)], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        stored.AddRange(handled.Keys);
        operations.AddRange(handled.Values.SelectMany(pending => pending));
    }

    private const string Savepoint = "message";

    private async Task<List<OutgoingOperation>> Handle(IncomingMessage message, SqlStorageSession session, CancellationToken cancellationToken)
    {
        using var activity = Tracing.StartProcessing(message);
        var started = time.GetUtcNow();
        var context = new MessageHandlerContext(message, session, outgoing, dispatch, cancellationToken);
        try
        {
            if (!message.IsControl)
            {
                await InvokeHandlers(message, context);
            }

            await session.SaveChanges(cancellationToken);
            activity?.SetStatus(ActivityStatusCode.Ok);
        }
        catch (Exception failure)
        {
            activity?.AddException(failure);
            activity?.SetStatus(ActivityStatusCode.Error, failure.Message);
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
            context.Pending.Insert(0, audit.CopyOf(message, started, time.GetUtcNow()));
        }

        return context.Pending;
    }

    private async Task InvokeHandlers(IncomingMessage message, MessageHandlerContext context)
    {
        var (type, body) = Deserialize(message);
        var isTimeout = message.Headers.ContainsKey(Headers.IsSagaTimeoutMessage);
        var steps = handlers.StepsFor(type);
        if (!steps.Any(step => step.ForTimeouts == isTimeout))
        {
            throw new InvalidOperationException($"No handler is registered for {type.FullName}.");
        }

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
        using var activity = Activity.Current is null ? null : Tracing.Source.StartActivity("NServiceBus.Diagnostics.InvokeHandler");
        activity?.SetTag("nservicebus.handler.handler_type", step.HandlerType.FullName);
        if (activity is not null)
        {
            activity.DisplayName = step.HandlerType.Name;
        }

        var started = time.GetUtcNow();
        try
        {
            await step.Invoke(body, context, services);
        }
        catch (Exception failure)
        {
            failure.Data["Message type"] = messageType.FullName;
            failure.Data["Handler type"] = step.HandlerType.FullName;
            failure.Data["Handler start time"] = WireTime.ToWire(started);
            failure.Data["Handler failure time"] = WireTime.ToWire(time.GetUtcNow());
            failure.Data["Handler canceled"] = context.CancellationToken.IsCancellationRequested;
            throw;
        }
    }

    private (Type Type, object Body) Deserialize(IncomingMessage message)
    {
        var enclosed = message.Headers.GetValueOrDefault(Headers.EnclosedMessageTypes)
            ?? throw new MessageDeserializationException($"Message {message.MessageId} does not say its type ({Headers.EnclosedMessageTypes}).");
        var type = types.Find(enclosed)
            ?? throw new MessageDeserializationException($"Message {message.MessageId} is of an unknown type: {enclosed}.");
        try
        {
            return (type, JsonSerializer.Deserialize(message.Body.Span, type)
                ?? throw new MessageDeserializationException($"The body of message {message.MessageId} is null."));
        }
        catch (Exception failure) when (failure is JsonException or NotSupportedException)
        {
            throw new MessageDeserializationException($"The body of message {message.MessageId} is not a {type.FullName}: {failure.Message}", failure);
        }
    }
}
