using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;

namespace ShopSaga.Bus;

/// <summary>The declarations of a saga class: the messages it handles, those that start it, and how it is found.</summary>
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
