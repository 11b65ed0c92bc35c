
namespace ShopSaga.Tests.Unit.Architecture;

public class When_a_lane_is_chosen
{
    private static readonly string[] DomainSources =
    [
        .. Repository.FilesIn("endpoints", ".cs"), .. Repository.FilesIn("contracts", ".cs"),
    ];

    [Test]
    public void Should_name_no_bus_in_domain_code()
    {
        Assert.That(DomainSources, Is.Not.Empty);
        foreach (var file in DomainSources)
        {
            Assert.That(Repository.Read(file), Does.Not.Contain("ShopSaga.Bus").And.Not.Contains("NServiceBus"), file);
        }
    }

    [Test]
    public void Should_compile_domain_code_without_conditions()
    {
        foreach (var file in DomainSources)
        {
            Assert.That(Repository.Read(file), Does.Not.Match(@"(?m)^\s*#(if|elif|else|endif)\b"), file);
        }
    }

    [Test]
    public void Should_tell_the_lanes_apart_in_one_file_of_hosting()
    {
        var conditional = Repository.Files
            .Where(file => file.EndsWith(".cs", StringComparison.Ordinal) && !file.StartsWith("tests/", StringComparison.Ordinal))
            .Where(file => Repository.Read(file).Contains("NSERVICEBUS", StringComparison.Ordinal));

        Assert.That(conditional, Is.EqualTo(new[] { "infra/hosting/ShopSaga.Hosting.Messaging/Lanes/Lane.cs" }));
    }
}
