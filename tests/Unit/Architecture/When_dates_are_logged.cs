using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using ShopSaga.Tests.Unit.Support;

namespace ShopSaga.Tests.Unit.Architecture;

/// <summary>
/// A date that is an argument of a log message is boxed, and written in the invariant culture: 11/29/2026. So it is made a text before, by
/// ISO 8601.
/// </summary>
public class When_dates_are_logged
{
    private static IEnumerable<string> Endpoints => Choreography.Endpoints;

    [TestCaseSource(nameof(Endpoints))]
    public void Should_leave_their_spelling_to_no_culture(string endpoint)
    {
        using var file = new PEReader(File.OpenRead(Choreography.AssemblyOf(endpoint).Location));
        var metadata = file.GetMetadataReader();
        var dates = metadata.TypeReferences
            .Where(handle => metadata.GetString(metadata.GetTypeReference(handle).Name) is nameof(DateOnly) or nameof(TimeOnly))
            .Select(handle => (byte[])[(byte)ILOpCode.Box, .. BitConverter.GetBytes(MetadataTokens.GetToken(handle))]);
        var boxing = from handle in metadata.MethodDefinitions
                     let method = metadata.GetMethodDefinition(handle)
                     where method.RelativeVirtualAddress != 0
                     let code = file.GetMethodBody(method.RelativeVirtualAddress).GetILBytes()
                     where dates.Any(box => code.AsSpan().IndexOf(box) >= 0)
                     let type = metadata.GetTypeDefinition(method.GetDeclaringType())
                     select $"{metadata.GetString(type.Name)}.{metadata.GetString(method.Name)}";

        Assert.That(boxing, Is.Empty);
    }
}
