using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace ShopSaga.Tests.Unit.Architecture;

/// <summary>The steps of docs/guides fit the sources as they are. The target Guides follows them for real.</summary>
public partial class When_a_guide_is_followed
{
    private static IEnumerable<string> Guides => Repository.FilesIn("docs/guides", ".md").Where(file => !file.EndsWith(
        "README.md", StringComparison.Ordinal));

    [TestCaseSource(nameof(Guides))]
    public void Should_have_steps(string guide) => Assert.That(Blocks(guide, "diff|console"), Is.Not.Empty);

    [TestCaseSource(nameof(Guides))]
    public async Task Should_have_changes_that_apply(string guide)
    {
        var changes = string.Concat(Blocks(guide, "diff"));
        if (changes.Length == 0)
        {
            Assert.Pass("changes nothing");
        }

        using var git = Process.Start(new ProcessStartInfo("git", ["apply", "--check", "-"])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardInput = true,
            RedirectStandardError = true,
        })!;
        await git.StandardInput.WriteAsync(changes);
        git.StandardInput.Close();
        var complaints = await git.StandardError.ReadToEndAsync();
        await git.WaitForExitAsync();

        Assert.That(git.ExitCode, Is.Zero, $"The code has changed: write the lines of the guide anew.\n{complaints}");
    }

    [TestCaseSource(nameof(Guides))]
    public void Should_run_fixtures_and_files_that_exist(string guide)
    {
        var changes = string.Concat(Blocks(guide, "diff"));
        var named = Named().Matches(string.Concat(Blocks(guide, "console"))).Select(name => name.Value);

        Assert.That(
            named.Where(name => !changes.Contains(name, StringComparison.Ordinal)
                && !Repository.Files.Any(file => file.Contains(name, StringComparison.Ordinal))),
            Is.Empty);
    }

    [TestCaseSource(nameof(Guides))]
    public void Should_give_schema_scripts_the_next_free_number(string guide)
    {
        foreach (Match added in AddedScript().Matches(string.Concat(Blocks(guide, "diff"))))
        {
            var folder = added.Groups["folder"].Value;
            var scripts = Repository.Files.Count(file => file.StartsWith(folder, StringComparison.Ordinal));
            Assert.That(int.Parse(added.Groups["number"].Value, CultureInfo.InvariantCulture), Is.EqualTo(scripts + 1), folder);
        }
    }

    private static IEnumerable<string> Blocks(string guide, string kind) =>
        Regex.Matches(Repository.Read(guide), $"^```({kind})\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)
            .Select(block => block.Groups["text"].Value);

    [GeneratedRegex(@"When_\w+|(?<![\w/.])(?:contracts|docs|endpoints|gateway|infra|tests)/[\w./-]+\w")]
    private static partial Regex Named();

    [GeneratedRegex(@"^--- /dev/null\n\+\+\+ b/(?<folder>endpoints/\w+/Schema/)(?<number>\d+)-", RegexOptions.Multiline)]
    private static partial Regex AddedScript();
}
