using System.Reflection;
using System.Text.RegularExpressions;

namespace ShopSaga.Tests.Unit.Bus;

/// <summary>The members that docs/bus.md names are those of the runtime, and those that it misses are not.</summary>
public partial class When_the_reference_of_the_bus_is_read
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Assembly[] Assemblies =
        [typeof(EndpointConfiguration).Assembly, typeof(ServiceControlExtensions).Assembly, typeof(TestableMessageSession).Assembly];

    private static readonly HashSet<string> Members =
        [.. Assemblies.SelectMany(assembly => assembly.GetExportedTypes()).SelectMany(NamesOf)];

    [Test]
    public void Should_offer_what_it_says()
    {
        var named = Named("What it offers", "What it leaves out").ToList();

        Assert.That(named, Is.Not.Empty);
        Assert.That(named.Except(Members), Is.Empty);
    }

    [Test]
    public void Should_leave_out_what_it_says()
    {
        var named = Named("What it leaves out", "What it does better").ToList();

        Assert.That(named, Is.Not.Empty);
        Assert.That(named.Intersect(Members), Is.Empty);
    }

    /// <summary>The names in the first column of the tables between two headings.</summary>
    private static IEnumerable<string> Named(string heading, string nextHeading) =>
        Repository.Read("docs/bus.md").Split($"\n## {heading}\n")[1].Split($"\n## {nextHeading}\n")[0].Split('\n')
            .Where(line => line.StartsWith('|'))
            .SelectMany(line => Name().Matches(line.Split('|')[1]))
            .Select(name => name.Groups["name"].Value);

    /// <summary>The type's name, and those of its members that code outside the assembly can use.</summary>
    private static IEnumerable<string> NamesOf(Type type) => type.GetMembers(Declared)
        .Where(member => member is MethodBase { IsPublic: true } or MethodBase { IsFamily: true } or FieldInfo { IsPublic: true })
        .Select(member => member.Name.Replace("get_", "", StringComparison.Ordinal).Replace("set_", "", StringComparison.Ordinal))
        .Prepend(type.Name.Split('`')[0]);

    [GeneratedRegex("`(?<name>[A-Za-z]+)`")]
    private static partial Regex Name();
}
