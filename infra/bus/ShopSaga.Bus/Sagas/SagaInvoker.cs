using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus;

/// <summary>
/// Runs sagas for messages.
/// <code>
///   1 load by the saga id in the headers, or by the correlation value ─► 2 or start ─► 3 handle ─► 4 insert, update or delete
/// </code>
/// </summary>
internal sealed class SagaInvoker(IEndpointReporter? reporter, TimeProvider time, ILogger<SagaInvoker> logger)
{
    /// <summary>Makes the saga a handler of its messages and timeouts.</summary>
    public void Register(SagaMetadata saga, HandlerRegistry handlers)
    {
        Add(saga.Handled, forTimeouts: false, typeof(IHandleMessages<>), nameof(IHandleMessages<>.Handle));
        Add(saga.Timeouts, forTimeouts: true, typeof(IHandleTimeouts<>), nameof(IHandleTimeouts<>.Timeout));

        void Add(IReadOnlyList<Type> messageTypes, bool forTimeouts, Type handlerInterface, string method)
        {
            foreach (var messageType in messageTypes)
            {
                var handle = HandlerRegistry.Call(handlerInterface, messageType, method);
                handlers.Add(messageType, new HandlerStep(saga.SagaType, forTimeouts, (message, context, services) =>
                    Invoke(saga, message, context, services, handle)));
            }
        }
    }

    private async Task Invoke(
        SagaMetadata metadata,
        object message,
        MessageHandlerContext context,
        IServiceProvider services,
        Func<object, object, IMessageHandlerContext, Task> handle)
    {
        if (IsForAnotherSaga(metadata, context))
        {
            return;
        }

        // 1
        object? correlation = null;
        var stored = await (SagaIdOf(context) is { } sagaId
            ? metadata.Store.GetById(context.Session, sagaId, context.CancellationToken)
            : metadata.Store.GetByCorrelation(
                context.Session, correlation = CorrelationOf(metadata, message, context), context.CancellationToken));
        var isNew = stored is null;

        // 2
        if (isNew && !MayStart(metadata, message, context))
        {
            logger.LogDebug(
                LogEvents.SagaNotFound,
                "{Saga} not found for {Message} {MessageId}",
                metadata.SagaType.Name,
                message.GetType().Name,
                context.MessageId);
            return;
        }

        var data = stored?.Data ?? Start(metadata, correlation ?? CorrelationOf(metadata, message, context), context);

        // 3
        var property = metadata.Mapping.CorrelationProperty!;
        var (id, value) = (data.Id, property.GetValue(data));
        var saga = metadata.Create(services);
        saga.Entity = data;
        context.Saga = saga;
        Activity.Current?.SetTag("nservicebus.handler.saga_id", data.Id);
        var (started, sentBefore) = (time.GetUtcNow(), context.Pending.Count);
        try
        {
            await handle(saga, message, context);
        }
        finally
        {
            context.Saga = null;
        }

        // 4
        if (!saga.Completed && (data.Id != id || !Equals(property.GetValue(data), value)))
        {
            throw new InvalidOperationException($"{metadata.SagaType.Name} changed its id or its correlation property {property.Name}.");
        }

        await ((isNew, saga.Completed) switch
        {
            (true, true) => metadata.Store.InsertAndDelete(context.Session, data, context.CancellationToken),
            (true, false) => metadata.Store.Insert(context.Session, data, context.CancellationToken),
            (false, true) => metadata.Store.Delete(context.Session, stored!.Value, context.CancellationToken),
            (false, false) => metadata.Store.Update(context.Session, stored!.Value, context.CancellationToken),
        });
        if (reporter is { WantsSagas: true })
        {
            Report(saga, isNew, message, context, started, sentBefore);
        }
    }

    private void Report(Saga saga, bool isNew, object message, MessageHandlerContext context, DateTimeOffset started, int sentBefore)
    {
        context.SagaChanges.Add(new SagaChange(saga.GetType(), saga.Entity.Id, saga.Completed ? "Completed" : isNew ? "New" : "Updated"));
        var report = new SagaReport(
            saga, isNew, message, context.MessageId, context.MessageHeaders, [.. context.Pending.Skip(sentBefore)], started);
        context.SagaReports.Add(reporter!.SagaStored(report, context.CancellationToken));
    }

    private static bool IsForAnotherSaga(SagaMetadata metadata, MessageHandlerContext context) =>
        SagaIdOf(context) is not null
        && context.MessageHeaders.TryGetValue(Headers.SagaType, out var sagaType)
        && metadata.Others.Contains(MessageTypes.FullName(sagaType));

    private static bool IsEvent(MessageHandlerContext context) =>
        string.Equals(context.MessageHeaders.GetValueOrDefault(Headers.MessageIntent), "Publish", StringComparison.OrdinalIgnoreCase);

    private static object CorrelationOf(SagaMetadata metadata, object message, MessageHandlerContext context) =>
        metadata.Mapping.For(message.GetType())?.Invoke(message)
        ?? throw new InvalidOperationException(
            $"{metadata.SagaType.Name} cannot be found or started by {message.GetType().Name}, which is not mapped to a value.");

    private static Guid? SagaIdOf(MessageHandlerContext context) =>
        !IsEvent(context) && Guid.TryParse(context.MessageHeaders.GetValueOrDefault(Headers.SagaId), out var id) ? id : null;

    /// <summary>A message for an instance of this saga that is gone does not start another one.</summary>
    private static bool MayStart(SagaMetadata metadata, object message, MessageHandlerContext context) =>
        metadata.Starters.Any(starter => starter.IsInstanceOfType(message))
        && !(SagaIdOf(context) is not null
            && context.MessageHeaders.GetValueOrDefault(Headers.SagaType)?.StartsWith(
                metadata.SagaType.FullName!, StringComparison.Ordinal) == true);

    private IContainSagaData Start(SagaMetadata metadata, object correlation, MessageHandlerContext context)
    {
        var data = metadata.NewData();
        data.Id = TimeOrderedId.New(time);
        data.OriginalMessageId = context.MessageId;
        data.Originator = context.MessageHeaders.GetValueOrDefault(Headers.ReplyToAddress);
        metadata.Mapping.CorrelationProperty!.SetValue(data, correlation);
        return data;
    }
}
