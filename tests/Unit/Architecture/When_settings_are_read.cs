using System.Globalization;
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

    /// <summary>Where a default stands beside the key that it belongs to.</summary>
    [Test]
    public void Should_describe_the_defaults_of_the_code()
    {
        var rows = Row().Matches(Repository.Read("docs/configuration.md"))
            .SelectMany(row => Variable().Matches(row.Groups["settings"].Value)
                .Select(setting => (Key: setting.Groups[1].Value.Replace("__", ":"), Default: row.Groups["default"].Value)))
            .ToLookup(row => row.Key, row => row.Default);
        var defaults = Sources(except: "KnownSettings.cs").SelectMany(source => Default().Matches(source)
            .Select(found => (Key: found.Groups["key"].Value, Value: ValueOf(found.Groups["default"].Value, source)))).ToList();

        Assert.That(defaults.Count(found => found.Value is not null), Is.GreaterThan(20));
        Assert.That(
            defaults.Where(found => found.Value is not null && !rows[found.Key].Any(row => row.Contains($"`{found.Value}`"))), Is.Empty);
    }

    /// <summary>A text, a number or a time, also by the name of a constant in the same file; null for anything else.</summary>
    private static string? ValueOf(string expression, string source) => expression switch
    {
        "TimeSpan.Zero" => "00:00:00",
        "\"\"" => null,
        ['"', .. var text, '"'] => text,
        _ when int.TryParse(expression.Replace("_", ""), CultureInfo.InvariantCulture, out var number) => $"{number}",
        _ when Span().Match(expression) is { Success: true } span => TimeOf(
            span.Groups[1].Value, int.Parse(span.Groups[2].Value, CultureInfo.InvariantCulture)).ToString("c"),
        _ when Regex.Match(source, $@"\b{Regex.Escape(expression)} = ([^;]+);") is { Success: true } constant
            && constant.Groups[1].Value != expression => ValueOf(constant.Groups[1].Value, source),
        _ => null,
    };

    private static TimeSpan TimeOf(string unit, int number) => unit switch
    {
        "Seconds" => TimeSpan.FromSeconds(number),
        "Minutes" => TimeSpan.FromMinutes(number),
        "Hours" => TimeSpan.FromHours(number),
        _ => TimeSpan.FromDays(number),
    };

    // Some sections are read by the names of their members, or of the services.
    private static bool IsRead(string key, string sources)
    {
        var (section, name) = (key.Split(':')[0], key.Split(':')[1]);
        return sources.Contains($"\"{key}\"", StringComparison.Ordinal)
            || (section is "ServiceControl" && sources.Contains($"nameof({name})", StringComparison.Ordinal))
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

    [GeneratedRegex(@"^\| (?<settings>`[^|]+) \|[^|]+\| (?<default>[^|]+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"""(?<key>[A-Z]\w+:[A-Z]\w+)""(?:,|\] \?\?)\s*(?<default>""[^""]*""|TimeSpan\.\w+(?:\(\d+\))?|\w+)")]
    private static partial Regex Default();

    [GeneratedRegex(@"^TimeSpan\.From(Seconds|Minutes|Hours|Days)\((\d+)\)$")]
    private static partial Regex Span();

    [GeneratedRegex("`([A-Z][A-Za-z]+__[A-Z][A-Za-z_]+)")]
    private static partial Regex Variable();
}
