using System.Collections.Concurrent;
using System.Reflection;

namespace ShopSaga.Bus;

/// <summary>
/// Event types by the assembly-qualified names in outbox records. They are looked up in the assembly's list of types; .NET's parser of type
/// names never sees them (see <see cref="MessageTypes"/>).
/// </summary>
internal static class StoredTypes
{
    private static readonly ConcurrentDictionary<string, Type> Known = new(StringComparer.Ordinal);

    /// <exception cref="TypeLoadException">There is no such type.</exception>
    public static Type Find(string assemblyQualifiedName) => Known.TryGetValue(assemblyQualifiedName, out var known)
        ? known
        : Known[assemblyQualifiedName] = Load(assemblyQualifiedName);

    private static Type Load(string name)
    {
        var fullName = MessageTypes.FullName(name);
        var assembly = name[fullName.Length..].Split(
            ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault();
        return AssemblyOf(assembly)?.GetTypes().FirstOrDefault(type => type.FullName == fullName)
            ?? throw new TypeLoadException($"The outbox holds an event of type {name}, which this process does not have.");
    }

    private static Assembly? AssemblyOf(string? name)
    {
        try
        {
            return name is null ? null : Assembly.Load(new AssemblyName { Name = name });
        }
        catch (IOException)
        {
            return null;
        }
    }
}
