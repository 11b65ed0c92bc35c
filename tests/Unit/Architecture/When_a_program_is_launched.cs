using System.Text.Json.Nodes;
using ShopSaga.Local.Layout;

namespace ShopSaga.Tests.Unit.Architecture;

/// <summary>The launch profiles of the programs, which editors and <c>dotnet run</c> use.</summary>
public class When_a_program_is_launched
{
    private static IEnumerable<string> Profiles =>
        Repository.Files.Where(file => file.EndsWith("/launchSettings.json", StringComparison.Ordinal));

    [Test]
    public void Should_have_a_profile() => Assert.That(
        Repository.Files.Where(
            file => file.EndsWith("/Program.cs", StringComparison.Ordinal) && !file.StartsWith("tests/", StringComparison.Ordinal))
            .Select(file => $"{Path.GetDirectoryName(file)}/Properties/launchSettings.json"),
        Is.EquivalentTo(Profiles));

    [TestCaseSource(nameof(Profiles))]
    public void Should_listen_on_the_port_of_the_topology(string file)
    {
        var ports = new Ports(Topology.DefaultBasePort);
        foreach (var (name, profile) in JsonNode.Parse(Repository.Read(file))!["profiles"]!.AsObject())
        {
            if (profile!["applicationUrl"] is { } address)
            {
                Assert.That(new Uri(address.GetValue<string>()), Is.EqualTo(ports.AddressOf(Topology.Find(name))));
            }
        }
    }
}
