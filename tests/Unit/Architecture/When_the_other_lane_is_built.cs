using System.Text.RegularExpressions;
using ShopSaga.Local.Processes;

namespace ShopSaga.Tests.Unit.Architecture;

/// <summary>What the build files say, as MSBuild reads them. The packages themselves cannot be restored everywhere.</summary>
public class When_the_other_lane_is_built
{
    [Test]
    public void Should_have_a_page_that_says_what_each_target_does_with_it()
    {
        var page = Repository.Read("docs/nservicebus-lane.md");
        var targets = Regex.Matches(
            Repository.Read("build.cake"), """^Task\("(\w+)"\)(\.WithCriteria\(!isNServiceBus)?""", RegexOptions.Multiline);
        var works = Named(Regex.Match(page, @"`--bus=NServiceBus` works with ([^;.]+)"));
        var refuses = Named(Regex.Match(page, @"([A-Z][\w\s,]+) are of the embedded runtime alone"));
        var ignores = Named(Regex.Match(page, @"([A-Z][\w\s,]+) know no\s+lane"));

        Assert.That(targets.Select(NameOf), Is.EquivalentTo(works.Concat(refuses).Concat(ignores)));
        Assert.That(targets.Where(target => target.Groups[2].Success).Select(NameOf), Is.EquivalentTo(refuses));

        static string NameOf(Match target) => target.Groups[1].Value;

        static List<string> Named(Match list) => [.. Regex.Matches(list.Groups[1].Value, @"\b[A-Z]\w+").Select(name => name.Value)];
    }

    /// <summary>The build step of NServiceBus.Persistence.Sql appends it to the project's folder.</summary>
    [TestCase("endpoints/Orders/ShopSaga.Orders.csproj")]
    [TestCase("contracts/ShopSaga.Contracts.csproj")]
    public async Task Should_have_intermediate_files_in_a_folder_relative_to_the_project(string project)
    {
        var (exitCode, output) = await Executables.Run(
            new Command(
                "dotnet",
                [
                    "msbuild", Path.Combine(Repository.Root, project), "-p:Bus=NServiceBus", "-p:Configuration=Release", "-nodeReuse:false",
                    "-getProperty:IntermediateOutputPath",
                ])
            {
                HiddenPrefixes = ["MSBUILD", "MSBuild"], // The test runner's own.
            },
            CancellationToken.None);
        Assert.That(exitCode, Is.Zero, output);
        var folder = output.Trim();
        Assert.That(Path.IsPathRooted(folder), Is.False, folder);
        Assert.That(
            Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(project)!, folder)),
            Is.EqualTo(Path.Combine(Repository.Root, ".artifacts/obj", Path.GetFileNameWithoutExtension(project), "release/")));
    }
}
