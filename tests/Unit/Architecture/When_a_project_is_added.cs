using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace ShopSaga.Tests.Unit.Architecture;

public class When_a_project_is_added
{
    private static readonly string[] Projects = [.. Repository.Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal))];

    [Test]
    public void Should_contain_every_project()
    {
        var listed = Regex.Matches(Repository.Read("ShopSaga.sln"), "\"([^\"]+\\.csproj)\"")
            .Select(match => match.Groups[1].Value.Replace('\\', '/'));

        Assert.That(listed, Is.EquivalentTo(Projects));
    }

    [Test]
    public void Should_be_built_for_any_processor_only() => Assert.That(
        Regex.Matches(Repository.Read("ShopSaga.sln"), @"\|([\w ]+?)(?:\.(?:ActiveCfg|Build\.0))? = ")
            .Select(match => match.Groups[1].Value).Distinct(),
        Is.EqualTo(new[] { "Any CPU" }));

    [Test]
    public void Should_find_the_documents_of_the_solution() => Assert.That(
        Regex.Matches(Repository.Read("ShopSaga.sln"), "^\t\t(\\S+) = \\1$", RegexOptions.Multiline)
            .Select(match => match.Groups[1].Value.Replace('\\', '/'))
            .Where(file => !Repository.Files.Contains(file)),
        Is.Empty);

    [TestCase("Nullable", "enable")]
    [TestCase("TreatWarningsAsErrors", "true")]
    [TestCase("EnforceCodeStyleInBuild", "true")]
    public void Should_be_strict_in_every_project(string property, string value)
    {
        var common = XDocument.Parse(Repository.Read("Directory.Build.props"));
        Assert.That(common.Descendants(property).Select(element => element.Value), Is.EqualTo(new[] { value }));

        var exceptions = Projects.Where(project => XDocument.Parse(Repository.Read(project)).Descendants(property).Any());
        Assert.That(exceptions, Is.Empty, "No project has a rule of its own.");
        Assert.That(
            Repository.Files.Where(
                file => file != "Directory.Build.props" && file.EndsWith("/Directory.Build.props", StringComparison.Ordinal)),
            Is.Empty,
            "A nearer Directory.Build.props would replace the common one.");
    }

    [Test]
    public void Should_take_every_package_version_from_the_central_file()
    {
        foreach (var project in Projects)
        {
            var versions = XDocument.Parse(Repository.Read(project)).Descendants("PackageReference").Attributes("Version");
            Assert.That(versions, Is.Empty, project);
        }
    }
}
