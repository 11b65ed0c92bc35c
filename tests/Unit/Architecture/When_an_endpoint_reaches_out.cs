using System.Text.RegularExpressions;
using System.Xml.Linq;
using ShopSaga.Tests.Unit.Support;

namespace ShopSaga.Tests.Unit.Architecture;

public class When_an_endpoint_reaches_out
{
    private static readonly string[] MayReference =
    [
        "ShopSaga.Contracts", "ShopSaga.Hosting", "ShopSaga.Hosting.Web", "ShopSaga.Hosting.Messaging", "ShopSaga.Bus",
        "ShopSaga.Bus.ServiceControl",
    ];

    private static IEnumerable<string> Endpoints => Choreography.Endpoints;

    [TestCaseSource(nameof(Endpoints))]
    public void Should_use_contracts_hosting_and_the_bus_but_no_other_endpoint(string endpoint)
    {
        var references = Choreography.AssemblyOf(endpoint).GetReferencedAssemblies().Select(assembly => assembly.Name!);

        Assert.That(references.Where(IsOurs), Is.SubsetOf(MayReference), "Other endpoints are reached by events alone.");
    }

    [TestCaseSource(nameof(Endpoints))]
    public void Should_name_no_other_project_in_the_project_file(string endpoint)
    {
        var project = XDocument.Parse(Repository.Read($"endpoints/{endpoint}/ShopSaga.{endpoint}.csproj"));
        var references = project.Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));

        Assert.That(references, Is.SubsetOf(MayReference));
        Assert.That(project.Descendants("IsDomain").Select(property => property.Value), Is.EqualTo(new[] { "true" }));
    }

    [TestCaseSource(nameof(Endpoints))]
    public void Should_send_nothing_to_another_endpoint(string endpoint)
    {
        var addressed = UsedMembers.Of(Choreography.AssemblyOf(endpoint))
            .Where(member => member.Name == "SetDestination" || IsSendToDestination(member.Type, member.Name, member.Resolve))
            .Select(member => $"{member.Type}.{member.Name}");

        Assert.That(addressed, Is.Empty, "Only SendLocal and RouteToThisEndpoint; only published events cross a boundary.");
    }

    [TestCaseSource(nameof(Endpoints))]
    public void Should_make_no_event_that_another_endpoint_owns(string endpoint)
    {
        var foreign = UsedMembers.Of(Choreography.AssemblyOf(endpoint))
            .Where(member => member.Name == ".ctor")
            .Select(member => member.Type)
            .Where(type => Choreography.Events.Any(designed => designed.FullName == type && designed.Publisher != endpoint));

        Assert.That(foreign, Is.Empty, "An event is published by its owner alone.");
    }

    [TestCaseSource(nameof(Endpoints))]
    public void Should_speak_to_the_database_of_no_other_endpoint(string endpoint)
    {
        var others = Endpoints.Except([endpoint]).Select(other => other.ToLowerInvariant().TrimEnd('s') + "db");

        foreach (var file in Repository.FilesIn($"endpoints/{endpoint}"))
        {
            Assert.That(Repository.Read(file), Does.Not.Match($@"\b({string.Join('|', others)})\b"), file);
        }
    }

    [Test]
    public void Should_notice_a_send_with_a_destination()
    {
        var here = UsedMembers.Of(typeof(When_an_endpoint_reaches_out).Assembly);

        Assert.That(here.Any(member => IsSendToDestination(member.Type, member.Name, member.Resolve)), "as in When_a_saga_is_tested");
        Assert.That(
            here.Any(member => member.Name == ".ctor" && member.Type == "System.InvalidOperationException"), "constructors are seen");
    }

    private static bool IsOurs(string name) => Regex.IsMatch(name, @"^ShopSaga\.");

    private static bool IsSendToDestination(string type, string name, Func<System.Reflection.MemberInfo?> resolve) =>
        name == "Send"
        && type.EndsWith("Extensions", StringComparison.Ordinal)
        && resolve() is System.Reflection.MethodBase method
        && method.GetParameters().ElementAtOrDefault(1)?.ParameterType == typeof(string);
}
