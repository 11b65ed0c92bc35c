using System.Text.RegularExpressions;
using ShopSaga.Hosting;

namespace ShopSaga.Tests.Unit.Architecture;

/// <summary>The settings that code reads, the list of known ones and docs/configuration.md.</summary>
public partial class When_settings_are_read
{
    private static readonly string[] Programs = ["endpoints", "gateway", "infra/hosting", "infra/operations", "infra/psp"];

    [Test]
    public void Should_describe_every_setting_and_no_other() =>
        Assert.That(Described(), Is.EquivalentTo(KnownSettings.All));

    [Test]
    public void Should_know_every_setting_that_code_reads()
    {
        var read = Sources().SelectMany(source => Key().Matches(source).Select(key => key.Groups[1].Value))
            .Where(key => !key.StartsWith("Logging:", StringComparison.Ordinal)).Distinct();

        Assert.That(read.Except(KnownSettings.All), Is.Empty);
    }

    [Test]
    public void Should_read_every_setting_that_is_known()
    {
        var sources = string.Concat(Sources(except: "KnownSettings.cs"));

        Assert.That(KnownSettings.All.Where(key => !IsRead(key, sources)), Is.Empty);
    }

    // Some sections are read by the names of their members, or of the services.
    private static bool IsRead(string key, string sources)
    {
        var (section, name) = (key.Split(':')[0], key.Split(':')[1]);
        return sources.Contains($"\"{key}\"", StringComparison.Ordinal)
            || (section is "ServiceControl" && sources.Contains($"nameof({name})", StringComparison.Ordinal))
            || (section is "Settlement" && sources.Contains($"configuration, \"{name}\"", StringComparison.Ordinal))
            || (section is "Services" && sources.Contains($"\"Services:{{service}}\"", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Described() => Variable().Matches(Repository.Read("docs/configuration.md"))
        .Select(variable => variable.Groups[1].Value)
        .Where(variable => !variable.EndsWith("_FILE", StringComparison.Ordinal))
        .Where(variable => !variable.StartsWith("Logging__", StringComparison.Ordinal))
        .Select(variable => variable.Replace("__", ":", StringComparison.Ordinal))
        .Distinct();

    private static IEnumerable<string> Sources(string? except = null) =>
        from folder in Programs
        from file in Repository.FilesIn(folder, ".cs")
        where Path.GetFileName(file) != except
        select Repository.Read(file);

    [GeneratedRegex("\"([A-Z][A-Za-z]+:[A-Z][A-Za-z:]+)\"")]
    private static partial Regex Key();

    [GeneratedRegex("`([A-Z][A-Za-z]+__[A-Z][A-Za-z_]+)")]
    private static partial Regex Variable();
}
