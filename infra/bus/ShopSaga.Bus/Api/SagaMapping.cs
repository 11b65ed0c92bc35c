using System.Linq.Expressions;
using System.Reflection;

namespace ShopSaga.Bus;

/// <summary>How a saga is found: its correlation property, and how each message type leads to a value of it.</summary>
internal sealed class SagaMapping
{
    public PropertyInfo? CorrelationProperty { get; private set; }

    public Dictionary<Type, Func<object, object?>> ByMessageType { get; } = [];

    /// <summary>The mapping of the type itself or, failing that, of the first of its base classes and interfaces that has one.</summary>
    public Func<object, object?>? For(Type messageType)
    {
        for (var type = messageType; type is not null; type = type.BaseType)
        {
            if (ByMessageType.TryGetValue(type, out var mapping))
            {
                return mapping;
            }
        }

        return messageType.GetInterfaces().Select(contract => ByMessageType.GetValueOrDefault(contract))
            .FirstOrDefault(mapping => mapping is not null);
    }

    public void SetCorrelationProperty(Expression body)
    {
        if (Unconverted(body) is not MemberExpression { Member: PropertyInfo property })
        {
            throw new InvalidOperationException($"'{body}' is not a property of the saga's data.");
        }

        if (property.PropertyType != typeof(string) && property.PropertyType != typeof(Guid))
        {
            throw new InvalidOperationException($"The correlation property {property.Name} must be a string or a Guid.");
        }

        CorrelationProperty = CorrelationProperty is null || CorrelationProperty == property
            ? property
            : throw new InvalidOperationException(
                $"A saga is found by one property, not by {CorrelationProperty.Name} and {property.Name}.");
    }

    public void Map<TMessage>(Expression<Func<TMessage, object?>> value)
    {
        var type = Unconverted(value.Body).Type;
        if (type != CorrelationProperty!.PropertyType)
        {
            throw new InvalidOperationException(
                $"{typeof(TMessage).Name} is mapped by a {type.Name}, but {CorrelationProperty.Name} is a "
                    + $"{CorrelationProperty.PropertyType.Name}.");
        }

        var read = value.Compile();
        ByMessageType[typeof(TMessage)] = message => read((TMessage)message);
    }

    /// <summary>Without the conversion to an object that the compiler adds.</summary>
    private static Expression Unconverted(Expression body) =>
        body is UnaryExpression { NodeType: ExpressionType.Convert } convert ? convert.Operand : body;
}
