using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus;

/// <summary>What a saga class declares: which messages it handles, which start it, and how it is found.</summary>
internal sealed record SagaMetadata(
    Type SagaType,
    Type DataType,
    IReadOnlySet<string> Others,
    IReadOnlyList<Type> Handled,
    IReadOnlySet<Type> Starters,
    IReadOnlyList<Type> Timeouts,
    SagaMapping Mapping,
    SagaStore Store)
{
    private ObjectFactory Factory { get; } = ActivatorUtilities.CreateFactory(SagaType, []);

    /// <exception cref="InvalidOperationException">Nothing starts the saga, or a starting message has no mapping.</exception>
    public static SagaMetadata Of(Type sagaType, IReadOnlyList<Type> sagaTypes, Database database)
    {
        // Mapping and data type are declared by instance members that need none of the constructor's services.
        var prototype = (Saga)RuntimeHelpers.GetUninitializedObject(sagaType);
        var mapping = prototype.Map();
        var starters = HandlerRegistry.MessagesOf(sagaType, typeof(IAmStartedByMessages<>)).ToHashSet();
        if (starters.Count == 0)
        {
            throw new InvalidOperationException($"Nothing starts the saga {sagaType.Name}: implement IAmStartedByMessages<T>.");
        }

        var unmapped = starters.FirstOrDefault(type => !mapping.ByMessageType.ContainsKey(type));
        if (mapping.CorrelationProperty is null || unmapped is not null)
        {
            throw new InvalidOperationException(
                $"The saga {sagaType.Name} cannot be found by {unmapped?.Name ?? "any message"}: map it in ConfigureHowToFindSaga.");
        }

        return new SagaMetadata(
            sagaType,
            prototype.DataType,
            sagaTypes.Where(type => type != sagaType).Select(type => type.FullName!).ToHashSet(),
            [.. HandlerRegistry.MessagesOf(sagaType, typeof(IHandleMessages<>))],
            starters,
            [.. HandlerRegistry.MessagesOf(sagaType, typeof(IHandleTimeouts<>))],
            mapping,
            new SagaStore(database, sagaType, prototype.DataType, mapping.CorrelationProperty));
    }

    public Saga Create(IServiceProvider services) => (Saga)Factory(services, null);

    public IContainSagaData NewData() => (IContainSagaData)Activator.CreateInstance(DataType)!;
}

/// <summary>Runs a saga for a message: load or start, handle, then insert, update or delete. Steps as in the contract, section 5.4.</summary>
internal sealed class SagaInvoker(SagaAudit? audit, TimeProvider time, ILogger<SagaInvoker> logger)
{
    public async Task Invoke(
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

        // 1. Load by the saga id that the message carries, else by the correlation value it maps to.
        object? correlation = null;
        var stored = await (SagaIdOf(context) is { } sagaId
            ? metadata.Store.GetById(context.Session, sagaId, context.CancellationToken)
            : metadata.Store.GetByCorrelation(
                context.Session, correlation = CorrelationOf(metadata, message, context), context.CancellationToken));
        var isNew = stored is null;

        // 2. Start one where none is, if the message may.
        if (isNew && !MayStart(metadata, message, context))
        {
            logger.LogDebug(BusEvents.SagaNotFound, "{Saga} not found for {Message} {MessageId}", metadata.SagaType.Name, message.GetType().Name, context.MessageId);
            await NotFound(metadata, message, context, services);
            return;
        }

        var data = stored?.Data ?? Start(metadata, correlation ?? CorrelationOf(metadata, message, context), context);

        // 3. Handle.
        var property = metadata.Mapping.CorrelationProperty!;
        var (id, value) = (data.Id, property.GetValue(data));
        var saga = metadata.Create(services);
        saga.Entity = data;
        context.Saga = saga;
        Activity.Current?.SetTag("nservicebus.handler.saga_id", data.Id);
        var (started, sentBefore) = audit is null ? default : (time.GetUtcNow(), context.Pending.Count);
        try
        {
            await handle(saga, message, context);
        }
        finally
        {
            context.Saga = null;
        }

        // 4. Store.
        if (!saga.Completed && (data.Id != id || !Equals(property.GetValue(data), value)))
        {
            throw new InvalidOperationException($"{metadata.SagaType.Name} changed its id or its correlation property {property.Name}.");
        }

        await ((isNew, saga.Completed) switch
        {
            (true, true) => Task.CompletedTask,
            (true, false) => metadata.Store.Insert(context.Session, data, context.CancellationToken),
            (false, true) => metadata.Store.Delete(context.Session, stored!.Value, context.CancellationToken),
            (false, false) => metadata.Store.Update(context.Session, stored!.Value, context.CancellationToken),
        });
        audit?.Report(saga, isNew, message, context, started, sentBefore);
    }

    private static async Task NotFound(SagaMetadata metadata, object message, MessageHandlerContext context, IServiceProvider services)
    {
        if (metadata.Mapping.NotFoundHandler is { } type && !context.MessageHeaders.ContainsKey(Headers.IsSagaTimeoutMessage))
        {
            var handler = (ISagaNotFoundHandler)ActivatorUtilities.CreateInstance(services, type);
            await handler.Handle(message, context);
        }
    }

    private static bool IsForAnotherSaga(SagaMetadata metadata, MessageHandlerContext context) =>
        SagaIdOf(context) is not null
        && context.MessageHeaders.TryGetValue(Headers.SagaType, out var sagaType)
        && metadata.Others.Contains(MessageTypes.FullName(sagaType));

    private static bool IsEvent(MessageHandlerContext context) =>
        string.Equals(context.MessageHeaders.GetValueOrDefault(Headers.MessageIntent), "Publish", StringComparison.OrdinalIgnoreCase);

    private static object CorrelationOf(SagaMetadata metadata, object message, MessageHandlerContext context) =>
        metadata.Mapping.For(message.GetType())?.Invoke(message, context.MessageHeaders)
        ?? throw new InvalidOperationException(
            $"{metadata.SagaType.Name} cannot be found or started by {message.GetType().Name}, which is not mapped to a value.");

    private static Guid? SagaIdOf(MessageHandlerContext context) =>
        !IsEvent(context) && Guid.TryParse(context.MessageHeaders.GetValueOrDefault(Headers.SagaId), out var id) ? id : null;

    /// <summary>What is addressed to an instance of this saga does not start another one when that is gone.</summary>
    private static bool MayStart(SagaMetadata metadata, object message, MessageHandlerContext context) =>
        metadata.Starters.Any(starter => starter.IsInstanceOfType(message))
        && !(SagaIdOf(context) is not null
            && context.MessageHeaders.GetValueOrDefault(Headers.SagaType)?.StartsWith(metadata.SagaType.FullName!, StringComparison.Ordinal) == true);

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
