using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace ShopSaga.Tests.Unit.Support;

/// <summary>The members of other assemblies that an assembly uses, as its metadata says; no text is parsed.</summary>
internal static class UsedMembers
{
    public static IReadOnlyList<(string Type, string Name, Func<MemberInfo?> Resolve)> Of(Assembly assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly.Location));
        var metadata = file.GetMetadataReader();
        return
        [
            .. from handle in metadata.MemberReferences
               let member = metadata.GetMemberReference(handle)
               where member.Parent.Kind == HandleKind.TypeReference
               let type = metadata.GetTypeReference((TypeReferenceHandle)member.Parent)
               let token = MetadataTokens.GetToken(handle)
               select (
                   $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}",
                   metadata.GetString(member.Name),
                   (Func<MemberInfo?>)(() => assembly.ManifestModule.ResolveMember(token))),
        ];
    }
}
