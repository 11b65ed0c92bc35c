using System.Collections.Concurrent;

namespace ShopSaga.Bus;

/// <summary>
/// Names of message types on the wire. <c>EnclosedMessageTypes</c> lists assembly-qualified names, most concrete first. A name is looked up
/// among the registered types by its full name alone: .NET's own parser must never see text from outside, since some of it throws and some
/// of it overflows the stack (a name with 20,000 asterisks is a pointer to a pointer to …).
/// </summary>
internal sealed class MessageTypes(ConventionsBuilder conventions)
{
    /// <summary>Values of the header that are remembered; senders may write the same types in any number of ways.</summary>
    private const int MaxRemembered = 1000;

    /// <summary>The longest of them, in characters: a header may fill a frame, and be a little different each time.</summary>
    private const int MaxRememberedLength = 2000;

    private readonly ConcurrentDictionary<Type, string> _enclosed = new();
    private readonly ConcurrentDictionary<string, Type> _byHeader = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Type> _byFullName = new(StringComparer.Ordinal);

    /// <summary>Makes a handled type known by its full name, and the types of its assembly that derive from it.</summary>
    public void Register(Type type)
    {
        _byFullName[type.FullName!] = type;
        foreach (var derived in type.Assembly.GetTypes().Where(other => other.IsAssignableTo(type) && !other.ContainsGenericParameters))
        {
            _byFullName[derived.FullName!] = derived;
        }
    }

    public bool IsEvent(Type type) => conventions.IsEvent(type);

    public bool IsCommand(Type type) => conventions.IsCommand(type);

    /// <summary>The header's value for a type: itself, then its base classes and interfaces that are messages, deepest first.</summary>
    public string Enclosed(Type type) => _enclosed.GetOrAdd(type, static (type, types) => string.Join(
        ';', types.Hierarchy(type).Prepend(type).Select(t => t.AssemblyQualifiedName)), this);

    /// <summary>The first type of the header's value that is registered, or null.</summary>
    public Type? Find(string enclosed)
    {
        if (_byHeader.TryGetValue(enclosed, out var known))
        {
            return known;
        }

        var found = enclosed.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(name => !name.Contains("__impl", StringComparison.Ordinal))
            .Select(name => _byFullName.GetValueOrDefault(FullName(name)))
            .FirstOrDefault(type => type is not null);
        if (found is not null && enclosed.Length <= MaxRememberedLength && _byHeader.Count < MaxRemembered)
        {
            _byHeader[enclosed] = found;
        }

        return found;
    }

    /// <summary>
    /// The full name within an assembly-qualified one: up to the last bracket of a generic type, else up to the first comma.
    /// </summary>
    public static string FullName(string assemblyQualifiedName)
    {
        var bracket = assemblyQualifiedName.LastIndexOf(']');
        if (bracket >= 0)
        {
            return assemblyQualifiedName[..(bracket + 1)];
        }

        var comma = assemblyQualifiedName.IndexOf(',', StringComparison.Ordinal);
        return comma < 0 ? assemblyQualifiedName : assemblyQualifiedName[..comma];
    }

    /// <summary>The base classes of a type, the closest first.</summary>
    public static IEnumerable<Type> BasesOf(Type type)
    {
        for (var ancestor = type.BaseType; ancestor is not null; ancestor = ancestor.BaseType)
        {
            yield return ancestor;
        }
    }

    private IEnumerable<Type> Hierarchy(Type type) => BasesOf(type).Where(ancestor => ancestor != typeof(object))
        .Concat(type.GetInterfaces())
        .Where(t => conventions.IsEvent(t) || conventions.IsCommand(t))
        .OrderByDescending(t => t.IsInterface ? t.GetInterfaces().Length : BasesOf(t).Count());
}
