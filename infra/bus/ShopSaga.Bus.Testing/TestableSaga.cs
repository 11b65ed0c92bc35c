using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace ShopSaga.Bus.Testing;

/// <summary>
/// Runs the instances of a saga without endpoint, broker or database. Data is kept in memory, as copies; time stands still
/// until <see cref="AdvanceTime"/>.
/// </summary>
/// <typeparam name="TSaga">The saga.</typeparam>
/// <typeparam name="TSagaData">Its data.</typeparam>
public class TestableSaga<TSaga, TSagaData>
    where TSaga : Saga<TSagaData>
    where TSagaData : class, IContainSagaData, new()
{
    private readonly Func<TSaga> _newSaga;
    private readonly SagaMapping _mapping;
    private readonly PropertyInfo _correlation;
    private readonly Dictionary<Guid, TSagaData> _stored = [];
    private readonly List<Delayed> _delayed = [];

    /// <param name="sagaFactory">Makes the saga, anew for each message; its parameterless constructor by default.</param>
    /// <param name="initialCurrentTime">Where time stands at first; the present by default.</param>
    /// <exception cref="InvalidOperationException">The saga has no correlation property.</exception>
    public TestableSaga(Func<TSaga>? sagaFactory = null, DateTime? initialCurrentTime = null)
    {
        _newSaga = sagaFactory ?? Activator.CreateInstance<TSaga>;
        _mapping = _newSaga().Map();
        _correlation = _mapping.CorrelationProperty
            ?? throw new InvalidOperationException($"{typeof(TSaga).Name} maps no correlation property, so it cannot be tested.");
        CurrentTime = initialCurrentTime?.ToUniversalTime() ?? DateTime.UtcNow;
    }

    /// <summary>The virtual time, UTC.</summary>
    public DateTime CurrentTime { get; private set; }

    /// <summary>Lets the saga handle a message; <typeparamref name="TMessage"/> says as what.</summary>
    /// <returns>The result, or null when the headers name an instance that does not exist (any more).</returns>
    /// <exception cref="InvalidOperationException">The saga does not handle the type, or no instance exists and the type starts
    /// none.</exception>
    public Task<HandleResult?> Handle<TMessage>(
        TMessage message, TestableMessageHandlerContext? context = null, IReadOnlyDictionary<string, string>? headers = null)
        where TMessage : class => Deliver(typeof(TMessage), message, context, headers ?? new Dictionary<string, string>());

    /// <summary>
    /// Lets time pass and the saga handle, each at its time, the timeouts and delayed messages to itself that fall due.
    /// Timeouts requested meanwhile wait for the next call.
    /// </summary>
    /// <param name="timeToAdvance">How much time passes.</param>
    /// <param name="provideContext">Gives the context for each of them.</param>
    /// <param name="cancellationToken">Stops between two of them.</param>
    /// <returns>The results of those that found their instance.</returns>
    public async Task<HandleResult[]> AdvanceTime(
        TimeSpan timeToAdvance,
        Func<OutgoingMessage<object, SendOptions>, TestableMessageHandlerContext>? provideContext = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeToAdvance, TimeSpan.Zero);
        var end = CurrentTime + timeToAdvance;
        var results = new List<HandleResult>();
        foreach (var delayed in _delayed.Where(delayed => delayed.At <= end).OrderBy(delayed => delayed.At).ToList())
        {
            cancellationToken.ThrowIfCancellationRequested();
            _delayed.Remove(delayed);
            CurrentTime = delayed.At > CurrentTime ? delayed.At : CurrentTime;
            var context = provideContext?.Invoke(delayed.Sent);
            if (await Deliver(
                delayed.Sent.Message.GetType(), delayed.Sent.Message, context, delayed.Sent.Options.GetHeaders()) is { } result)
            {
                results.Add(result);
            }
        }

        CurrentTime = end;
        return [.. results];
    }

    private async Task<HandleResult?> Deliver(
        Type type, object message, TestableMessageHandlerContext? context, IReadOnlyDictionary<string, string> headers)
    {
        context ??= new TestableMessageHandlerContext();
        foreach (var header in headers)
        {
            context.MessageHeaders[header.Key] = header.Value;
        }

        var saga = _newSaga();
        var invoke = Invocation(saga, type, headers.ContainsKey(Headers.IsSagaTimeoutMessage));
        if (Find(type, message, headers) is { } found)
        {
            saga.Data = Copy(found);
        }
        else if (headers.ContainsKey(Headers.SagaId))
        {
            return null;
        }
        else
        {
            saga.Data = Start(type, message, context);
        }

        var sentBefore = context.SentMessages.Length;
        var id = saga.Data.Id;
        var correlation = _correlation.GetValue(saga.Data);

        await invoke(message, context);

        if (saga.Data.Id != id || !Equals(correlation, _correlation.GetValue(saga.Data)))
        {
            throw new InvalidOperationException($"{typeof(TSaga).Name} changed its id or its correlation property {_correlation.Name}.");
        }

        Store(saga);
        KeepDelayed(context.SentMessages.Skip(sentBefore));
        return new HandleResult(id, saga.Completed, context, Copy(saga.Data));
    }

    private TSagaData? Find(Type type, object message, IReadOnlyDictionary<string, string> headers)
    {
        if (headers.TryGetValue(Headers.SagaId, out var id))
        {
            return _stored.GetValueOrDefault(Guid.Parse(id, CultureInfo.InvariantCulture));
        }

        var correlation = CorrelationOf(type, message);
        return _stored.Values.SingleOrDefault(data => Equals(_correlation.GetValue(data), correlation));
    }

    private TSagaData Start(Type type, object message, TestableMessageHandlerContext context)
    {
        var correlation = CorrelationOf(type, message);
        if (!typeof(IAmStartedByMessages<>).MakeGenericType(type).IsAssignableFrom(typeof(TSaga)))
        {
            throw new InvalidOperationException(
                $"{typeof(TSaga).Name} was not found: none has {_correlation.Name} '{correlation}', and {type.Name} does not start one.");
        }

        var data = new TSagaData { Id = Guid.NewGuid(), Originator = context.ReplyToAddress, OriginalMessageId = context.MessageId };
        _correlation.SetValue(data, correlation);
        return data;
    }

    private object CorrelationOf(Type type, object message)
    {
        if (!_mapping.ByMessageType.TryGetValue(type, out var read))
        {
            throw new InvalidOperationException($"{typeof(TSaga).Name} does not map {type.Name} to {_correlation.Name}.");
        }

        return read(message) ?? throw new InvalidOperationException($"{type.Name} maps to {_correlation.Name} but its value is null.");
    }

    private void Store(TSaga saga)
    {
        if (saga.Completed)
        {
            _stored.Remove(saga.Data.Id);
        }
        else
        {
            _stored[saga.Data.Id] = Copy(saga.Data);
        }
    }

    /// <summary>Keeps timeouts, and delayed messages to itself, for <see cref="AdvanceTime"/>.</summary>
    private void KeepDelayed(IEnumerable<SentMessage<object>> sentMessages)
    {
        foreach (var sent in sentMessages.Where(sent => sent.Options.IsRoutingToThisEndpoint()))
        {
            if (DueTime(sent.Options) is { } at
                && (Handles(sent.Message.GetType()) || sent.Options.GetHeaders().ContainsKey(Headers.IsSagaTimeoutMessage)))
            {
                _delayed.Add(new Delayed(at, sent));
            }
        }
    }

    private DateTime? DueTime(SendOptions options) =>
        options.GetDeliveryDelay() is { } delay ? CurrentTime + delay : options.GetDeliveryDate()?.UtcDateTime;

    private static Func<object, IMessageHandlerContext, Task> Invocation(TSaga saga, Type type, bool isTimeout)
    {
        var handler = (isTimeout ? typeof(IHandleTimeouts<>) : typeof(IHandleMessages<>)).MakeGenericType(type);
        if (!handler.IsInstanceOfType(saga))
        {
            throw new InvalidOperationException($"{typeof(TSaga).Name} does not implement {handler.Name[..^2]}<{type.Name}>.");
        }

        var method = handler.GetMethods().Single();
        return (message, context) =>
            (Task)method.Invoke(saga, BindingFlags.DoNotWrapExceptions, null, [message, context], CultureInfo.InvariantCulture)!;
    }

    private static bool Handles(Type type) => typeof(IHandleMessages<>).MakeGenericType(type).IsAssignableFrom(typeof(TSaga));

    /// <summary>As the database would give it back.</summary>
    private static TSagaData Copy(TSagaData data)
    {
        var copy = JsonSerializer.Deserialize<TSagaData>(JsonSerializer.Serialize(data, SagaJson.Options), SagaJson.Options)!;
        copy.Id = data.Id;
        copy.Originator = data.Originator;
        copy.OriginalMessageId = data.OriginalMessageId;
        return copy;
    }

    private sealed record Delayed(DateTime At, SentMessage<object> Sent);

    /// <summary>The result of a message.</summary>
    public class HandleResult
    {
        internal HandleResult(Guid sagaId, bool completed, TestableMessageHandlerContext context, TSagaData sagaDataSnapshot)
        {
            SagaId = sagaId;
            Completed = completed;
            Context = context;
            SagaDataSnapshot = sagaDataSnapshot;
        }

        /// <summary>The instance that handled it.</summary>
        public Guid SagaId { get; }

        /// <summary>Whether the instance ended.</summary>
        public bool Completed { get; }

        /// <summary>The messages that the saga sent and published.</summary>
        public TestableMessageHandlerContext Context { get; }

        /// <summary>A copy of the data as it was after the message.</summary>
        public TSagaData SagaDataSnapshot { get; }

        /// <summary>The first sent message of this type, or null.</summary>
        public TMessage? FindSentMessage<TMessage>() => Context.FindSentMessage<TMessage>();

        /// <summary>The first published event of this type, or null.</summary>
        public TMessage? FindPublishedMessage<TMessage>() => Context.FindPublishedMessage<TMessage>();

        /// <summary>The first timeout of this type, or null.</summary>
        public TMessage? FindTimeoutMessage<TMessage>() => Context.FindTimeoutMessage<TMessage>();
    }
}
