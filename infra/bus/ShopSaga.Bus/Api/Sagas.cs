using System.Linq.Expressions;

namespace ShopSaga.Bus;

/// <summary>The members of every saga's data.</summary>
public interface IContainSagaData
{
    /// <summary>The id of this saga instance.</summary>
    Guid Id { get; set; }

    /// <summary>The reply address of the message that started it.</summary>
    string? Originator { get; set; }

    /// <summary>The id of the message that started it.</summary>
    string? OriginalMessageId { get; set; }
}

/// <summary>Base of a saga's data. The three members are stored beside the data, not in it.</summary>
public abstract class ContainSagaData : IContainSagaData
{
    /// <inheritdoc />
    public virtual Guid Id { get; set; }

    /// <inheritdoc />
    public virtual string? Originator { get; set; }

    /// <inheritdoc />
    public virtual string? OriginalMessageId { get; set; }
}

/// <summary>A long-running business policy that remembers between messages. Derive from <see cref="Saga{TSagaData}"/>.</summary>
public abstract class Saga
{
    /// <summary>The data of the instance.</summary>
    public IContainSagaData Entity { get; set; } = null!;

    /// <summary>Whether <see cref="MarkAsComplete"/> was called; the instance is deleted when the message has been processed.</summary>
    public bool Completed { get; private set; }

    internal abstract Type DataType { get; }

    internal abstract SagaMapping Map();

    /// <summary>Ends the saga. Timeouts that are still in flight are ignored when they arrive.</summary>
    protected void MarkAsComplete() => Completed = true;

    /// <summary>Asks to be called back at a time.</summary>
    /// <exception cref="InvalidOperationException">The saga does not implement <see cref="IHandleTimeouts{T}"/> for that type.</exception>
    protected Task RequestTimeout<TTimeout>(IMessageHandlerContext context, DateTimeOffset at, TTimeout state)
        where TTimeout : notnull
    {
        var options = TimeoutOptions<TTimeout>();
        options.DoNotDeliverBefore(at);
        return context.Send(state, options);
    }

    /// <summary>Asks to be called back after a time, counted from the dispatch and rounded up to whole seconds.</summary>
    /// <exception cref="InvalidOperationException">The saga does not implement <see cref="IHandleTimeouts{T}"/> for that type.</exception>
    protected Task RequestTimeout<TTimeout>(IMessageHandlerContext context, TimeSpan within, TTimeout state)
        where TTimeout : notnull
    {
        var options = TimeoutOptions<TTimeout>();
        options.DelayDeliveryWith(within);
        return context.Send(state, options);
    }

    /// <summary>Asks to be called back at a time, with an empty state.</summary>
    protected Task RequestTimeout<TTimeout>(IMessageHandlerContext context, DateTimeOffset at)
        where TTimeout : notnull, new() => RequestTimeout(context, at, new TTimeout());

    /// <summary>Asks to be called back after a time, with an empty state.</summary>
    protected Task RequestTimeout<TTimeout>(IMessageHandlerContext context, TimeSpan within)
        where TTimeout : notnull, new() => RequestTimeout(context, within, new TTimeout());

    private SendOptions TimeoutOptions<TTimeout>()
    {
        if (this is not IHandleTimeouts<TTimeout>)
        {
            throw new InvalidOperationException(
                $"{GetType().Name} asked for a timeout of type {typeof(TTimeout).Name} but does not implement "
                    + $"IHandleTimeouts<{typeof(TTimeout).Name}>.");
        }

        var options = OptionsExtensions.ToThisEndpoint();
        options.SetHeader(Headers.SagaId, Entity.Id.ToString());
        options.SetHeader(Headers.SagaType, GetType().AssemblyQualifiedName!);
        options.SetHeader(Headers.IsSagaTimeoutMessage, bool.TrueString);
        return options;
    }
}

/// <summary>
/// A long-running business policy with data of type <typeparamref name="TSagaData"/>, one instance for each correlation value.
/// </summary>
/// <typeparam name="TSagaData">The data; stored as JSON, so public properties with setters.</typeparam>
public abstract class Saga<TSagaData> : Saga
    where TSagaData : class, IContainSagaData, new()
{
    /// <summary>The data of the instance; stored when the handler returns.</summary>
    public TSagaData Data
    {
        get => (TSagaData)Entity;
        set => Entity = value;
    }

    internal override Type DataType => typeof(TSagaData);

    internal override SagaMapping Map()
    {
        var mapping = new SagaMapping();
        ConfigureHowToFindSaga(new SagaPropertyMapper<TSagaData>(mapping));
        return mapping;
    }

    /// <summary>
    /// Says which property of which message finds the saga: one correlation property, and a mapping for each message type.
    /// </summary>
    protected abstract void ConfigureHowToFindSaga(SagaPropertyMapper<TSagaData> mapper);
}

/// <summary>Collects how a saga is found.</summary>
/// <typeparam name="TSagaData">The data of the saga.</typeparam>
public sealed class SagaPropertyMapper<TSagaData>
    where TSagaData : class, IContainSagaData
{
    private readonly SagaMapping _mapping;

    internal SagaPropertyMapper(SagaMapping mapping) => _mapping = mapping;

    /// <summary>Names the correlation property. Use a string: the column of an integer has 32 bits only.</summary>
    /// <exception cref="InvalidOperationException">The expression is not a property, or not a string or Guid.</exception>
    public CorrelatedSagaPropertyMapper<TSagaData> MapSaga(Expression<Func<TSagaData, object?>> sagaProperty)
    {
        _mapping.SetCorrelationProperty(sagaProperty.Body);
        return new CorrelatedSagaPropertyMapper<TSagaData>(_mapping);
    }
}

/// <summary>Collects the mappings of messages to the correlation property.</summary>
/// <typeparam name="TSagaData">The data of the saga.</typeparam>
public sealed class CorrelatedSagaPropertyMapper<TSagaData>
    where TSagaData : class, IContainSagaData
{
    private readonly SagaMapping _mapping;

    internal CorrelatedSagaPropertyMapper(SagaMapping mapping) => _mapping = mapping;

    /// <summary>Says which value of the message equals the correlation property.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public CorrelatedSagaPropertyMapper<TSagaData> ToMessage<TMessage>(Expression<Func<TMessage, object?>> messageProperty)
    {
        _mapping.Map(messageProperty);
        return this;
    }
}
