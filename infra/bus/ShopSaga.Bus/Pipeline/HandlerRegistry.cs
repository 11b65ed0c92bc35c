using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace ShopSaga.Bus;

/// <summary>Runs one handler or saga for a message.</summary>
internal delegate Task InvokeHandler(object message, MessageHandlerContext context, IServiceProvider services);

/// <summary>A step of a message's processing. Timeouts and ordinary messages of the same type have different ones.</summary>
internal sealed record HandlerStep(Type HandlerType, bool ForTimeouts, InvokeHandler Invoke);

/// <summary>
/// The handlers and sagas of each message type, in the order of registration: those of the type itself, of its base classes and of its
/// interfaces. Found once for each type, without reflection afterwards.
/// </summary>
internal sealed class HandlerRegistry
{
    private readonly List<(Type MessageType, HandlerStep Step)> _registered = [];
    private readonly ConcurrentDictionary<Type, HandlerStep[]> _byType = new();
    private readonly ConcurrentDictionary<(Type Type, bool IsTimeout), string> _names = new();

    public IEnumerable<Type> MessageTypes => _registered.Select(registered => registered.MessageType).Distinct();

    /// <summary>The full names of the types that handle a message, for monitoring.</summary>
    public string NamesFor(Type messageType, bool isTimeout) =>
        _names.GetOrAdd((messageType, isTimeout), static (key, registry) => string.Join(
        ';', registry.StepsFor(key.Type).Where(step => step.ForTimeouts == key.IsTimeout).Select(step => step.HandlerType.FullName)), this);

    public IReadOnlyList<HandlerStep> StepsFor(Type messageType) => _byType.GetOrAdd(
        messageType,
        static (type, registered) => [.. from entry in registered where entry.MessageType.IsAssignableFrom(type) select entry.Step],
        _registered);

    /// <exception cref="InvalidOperationException">The type handles no message.</exception>
    public void AddHandler(Type handlerType)
    {
        var handled = MessagesOf(handlerType, typeof(IHandleMessages<>)).ToList();
        if (handled.Count == 0)
        {
            throw new InvalidOperationException($"{handlerType.Name} was registered as a handler but implements no IHandleMessages<T>.");
        }

        var create = ActivatorUtilities.CreateFactory(handlerType, []);
        foreach (var messageType in handled)
        {
            var handle = Call(typeof(IHandleMessages<>), messageType, nameof(IHandleMessages<>.Handle));
            Add(messageType, new HandlerStep(handlerType, ForTimeouts: false, async (message, context, services) =>
            {
                var handler = create(services, null);
                try
                {
                    await handle(handler, message, context);
                }
                finally
                {
                    (handler as IDisposable)?.Dispose();
                }
            }));
        }
    }

    /// <summary>Adds a step after those that are there.</summary>
    public void Add(Type messageType, HandlerStep step) => _registered.Add((messageType, step));

    public static IEnumerable<Type> MessagesOf(Type type, Type handlerInterface) => type.GetInterfaces()
        .Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == handlerInterface)
        .Select(i => i.GenericTypeArguments[0]);

    /// <summary>Compiles a call of the interface's method, so that no message costs reflection.</summary>
    public static Func<object, object, IMessageHandlerContext, Task> Call(Type handlerInterface, Type messageType, string method)
    {
        var handler = Expression.Parameter(typeof(object));
        var message = Expression.Parameter(typeof(object));
        var context = Expression.Parameter(typeof(IMessageHandlerContext));
        var closed = handlerInterface.MakeGenericType(messageType);
        return Expression.Lambda<Func<object, object, IMessageHandlerContext, Task>>(
            Expression.Call(
                Expression.Convert(handler, closed),
                closed.GetMethod(method, BindingFlags.Instance | BindingFlags.Public)!,
                Expression.Convert(message, messageType),
                context),
            handler,
            message,
            context).Compile();
    }
}
