using System.Reflection;
using System.Xml.Linq;

namespace ShopSaga.Tests.Unit.Architecture;

public class When_projects_reference_each_other
{
    /// <summary>References that no code uses, and why they are there.</summary>
    private static readonly Dictionary<string, string> NotInCode = new()
    {
        ["ShopSaga.Hosting"] = "endpoints take all of hosting by one reference, to ShopSaga.Hosting.Messaging",
    };

    private static IEnumerable<string> Projects => Repository.Files
        .Where(file => file.EndsWith(".csproj", StringComparison.Ordinal) && !file.StartsWith("tests/", StringComparison.Ordinal));

    [TestCaseSource(nameof(Projects))]
    public void Should_use_what_they_reference(string project)
    {
        var used = AssemblyOf(project).GetReferencedAssemblies().Select(assembly => assembly.Name!).ToHashSet();
        var referenced = XDocument.Parse(Repository.Read(project)).Descendants()
            .Where(
                element => element.Name.LocalName is "ProjectReference" or "PackageReference" && element.Attribute("PrivateAssets") is null)
            .Where(element => element.Attribute("Condition") is null && element.Attribute("ReferenceOutputAssembly") is null)
            .Select(element => element.Attribute("Include")!.Value)
            .Select(name => name.EndsWith(".csproj", StringComparison.Ordinal) ? Path.GetFileNameWithoutExtension(name) : name);

        Assert.That(referenced.Where(name => !used.Contains(name) && !NotInCode.ContainsKey(name)), Is.Empty);
    }

    [Test]
    public void Should_link_no_files() => Assert.That(
        from project in Repository.Files
        where project.EndsWith(".csproj", StringComparison.Ordinal)
        from element in XDocument.Parse(Repository.Read(project)).Descendants()
        where element.Attribute("Link") is not null
            || (element.Name.LocalName == "Compile" && element.Attribute("Include")?.Value.StartsWith(
                "..", StringComparison.Ordinal) == true)
        select $"{project}: {element}",
        Is.Empty,
        "What several projects need is a library.");

    [Test]
    public void Should_keep_the_bus_out_of_the_gateway() => Assert.That(
        ReferencesOf("ShopSaga.Gateway"), Has.None.StartsWith("ShopSaga.Bus").And.None.EqualTo("ShopSaga.Hosting.Messaging"));

    [Test]
    public void Should_keep_the_shop_out_of_the_payment_provider() => Assert.That(
        ReferencesOf("ShopSaga.Psp"), Is.EqualTo(
            new[] { "ShopSaga.Hosting.Web" }), "Web defaults that any company could have, and nothing else.");

    private static Assembly AssemblyOf(string project) => Assembly.Load(Path.GetFileNameWithoutExtension(project));

    /// <summary>Assemblies of ours that are used, directly or by one that is used.</summary>
    private static HashSet<string> ReferencesOf(string assembly)
    {
        var found = new HashSet<string>();
        Add(Assembly.Load(assembly));
        return found;

        void Add(Assembly user)
        {
            foreach (var used in user.GetReferencedAssemblies().Where(used => used.Name!.StartsWith("ShopSaga.", StringComparison.Ordinal)))
            {
                if (found.Add(used.Name!))
                {
                    Add(Assembly.Load(used));
                }
            }
        }
    }
}
