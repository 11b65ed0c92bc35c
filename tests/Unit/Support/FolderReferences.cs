using System.Reflection;
using System.Reflection.Emit;
using System.Text.RegularExpressions;

namespace ShopSaga.Tests.Unit.Support;

/// <summary>
/// Which folders of a project use which: read from the compiled assembly, so that a name in a comment does not count; constants, which the
/// compiler copies, are found by name in the sources.
/// </summary>
/// <remarks>
/// The folder of a project's root is <c>.</c>; <c>Program.cs</c> puts everything together and may use every folder, so it is left out. A
/// file of the root that does the same in a library stands apart, under its own name.
/// </remarks>
internal static partial class FolderReferences
{
    private const BindingFlags All =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    /// <summary>All pairs of different folders in which the first uses the second, with an example.</summary>
    /// <param name="project">The folder of the project, relative to the checkout.</param>
    /// <param name="assembly">What it is compiled to.</param>
    /// <param name="apart">Files of the root that stand apart.</param>
    public static IReadOnlyDictionary<(
        string From, string To), string> Between(string project, Assembly assembly, IReadOnlyCollection<string> apart)
    {
        var sources = SourcesOf(project).ToDictionary(file => file, Repository.Read);
        var folders = new Dictionary<string, string>();
        foreach (var (file, text) in sources)
        {
            var folder = FolderOf(project, file, apart);
            foreach (Match type in Declaration().Matches(text))
            {
                folders[$"{Namespace().Match(text).Groups[1].Value}.{type.Groups["name"].Value}"] = folder;
            }
        }

        var references = new Dictionary<(string, string), string>();
        var types = assembly.GetTypes();
        foreach (var type in types)
        {
            foreach (var used in UsedBy(type).SelectMany(Parts).Distinct())
            {
                Add(FolderOfType(type), FolderOfType(used), $"{Outermost(type).Name} uses {Outermost(used).Name}");
            }
        }

        foreach (var type in types.Where(type => type.DeclaringType is null && FolderOfType(type) is not null))
        {
            var constants = type.GetFields(All).Where(field => field.IsLiteral).Select(field => field.Name).ToList();
            if (constants.Count > 0)
            {
                var pattern = new Regex($@"\b{type.Name}\.({string.Join('|', constants)})\b");
                foreach (var (file, _) in sources.Where(source => pattern.IsMatch(source.Value)))
                {
                    Add(
                        FolderOf(project, file, apart),
                        FolderOfType(type),
                        $"{Path.GetFileName(file)} uses a constant of {type.Name}");
                }
            }
        }

        return references;

        string? FolderOfType(Type type) =>
            type.Assembly == assembly && folders.TryGetValue(Regex.Replace(Outermost(type).FullName ?? "", @"`\d+", ""), out var folder)
                ? folder
                : null;

        void Add(string? from, string? to, string example)
        {
            if (from is not null && to is not null && from != to)
            {
                references.TryAdd((from, to), example);
            }
        }
    }

    /// <summary>The sources of a project, besides <c>Program.cs</c>; those of a project below it are not its own.</summary>
    public static IEnumerable<string> SourcesOf(string project, string extension = ".cs")
    {
        var below = Repository.FilesIn(project, ".csproj").Select(file => Path.GetDirectoryName(file)!)
            .Where(other => other != project).ToList();
        return Repository.FilesIn(project, extension).Where(file => Path.GetFileName(file) != "Program.cs")
            .Where(file => !below.Any(other => file.StartsWith(other + "/", StringComparison.Ordinal)));
    }

    /// <summary>The folder of a file, or its own name if it stands apart.</summary>
    public static string FolderOf(string project, string file, IReadOnlyCollection<string> apart) =>
        Path.GetRelativePath(project, file).Replace('\\', '/') is var path && apart.Contains(path)
            ? path
            : Path.GetDirectoryName(path)! is { Length: > 0 } folder ? folder : ".";

    private static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    /// <summary>The type itself and what it is made of: arguments, elements.</summary>
    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!)
        : type.IsGenericParameter ? []
        : type.IsGenericType ? [type.GetGenericTypeDefinition(), .. type.GetGenericArguments().SelectMany(Parts)]
        : [type];

    private static IEnumerable<Type> UsedBy(Type type)
    {
        IEnumerable<Type> shape =
        [
            .. type.BaseType is { } parent ? new[] { parent } : [],
            .. type.GetInterfaces(),
            .. type.GetFields(All).Select(field => field.FieldType),
            .. type.GetCustomAttributesData().Select(attribute => attribute.AttributeType),
            .. type.GetMembers(All).SelectMany(member => member.GetCustomAttributesData()).Select(attribute => attribute.AttributeType),
        ];
        return shape.Concat(type.GetMethods(All).Concat<MethodBase>(type.GetConstructors(All)).SelectMany(method => UsedBy(type, method)));
    }

    private static IEnumerable<Type> UsedBy(Type type, MethodBase method)
    {
        foreach (var parameter in method.GetParameters())
        {
            yield return parameter.ParameterType;
        }

        if (method is MethodInfo { ReturnType: var result })
        {
            yield return result;
        }

        if (method.GetMethodBody() is not { } body)
        {
            yield break;
        }

        foreach (var local in body.LocalVariables)
        {
            yield return local.LocalType;
        }

        foreach (var member in MembersIn(body.GetILAsByteArray()!, type, method))
        {
            if ((member as Type ?? member.DeclaringType) is { } declaring)
            {
                yield return declaring;
            }

            foreach (var argument in member is MethodInfo { IsGenericMethod: true } generic ? generic.GetGenericArguments() : [])
            {
                yield return argument;
            }
        }
    }

    private static IEnumerable<MemberInfo> MembersIn(byte[] code, Type type, MethodBase method)
    {
        var ofType = type.IsGenericType ? type.GetGenericArguments() : null;
        var ofMethod = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (var at = 0; at < code.Length;)
        {
            var isLong = code[at] == 0xFE;
            var opCode = OpCodesByValue[isLong ? (short)(0xFE00 | code[at + 1]) : code[at]];
            at += isLong ? 2 : 1;
            if (opCode.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok
                or OperandType.InlineType)
            {
                yield return method.Module.ResolveMember(BitConverter.ToInt32(code, at), ofType, ofMethod)!;
            }

            at += opCode.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }

    // Types of a file with a file-scoped namespace begin at the first column.
    [GeneratedRegex(
        @"^(?:(?:public|internal|file|static|sealed|abstract|partial|readonly|ref|unsafe) )*"
            + @"(?:(?:class|record struct|record class|record|struct|interface|enum) (?<name>\w+)|delegate [^(]*?(?<name>\w+)(?:<\w+>)?\()",
        RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
