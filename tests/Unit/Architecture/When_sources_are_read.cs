using System.Reflection;
using ShopSaga.Tests.Unit.Support;

namespace ShopSaga.Tests.Unit.Architecture;

public class When_sources_are_read
{
    /// <summary>What runs as a service. The tool that starts them (infra/local) waits for real processes in real time.</summary>
    private static readonly string[] Services =
    [
        .. Choreography.Endpoints.Select(endpoint => $"ShopSaga.{endpoint}"),
        "ShopSaga.Gateway", "ShopSaga.Web", "ShopSaga.Psp", "ShopSaga.Replaying", "ShopSaga.Operations",
        "ShopSaga.Hosting.Web", "ShopSaga.Hosting", "ShopSaga.Hosting.Messaging", "ShopSaga.Bus",
        "ShopSaga.Bus.ServiceControl", "ShopSaga.Bus.Testing",
    ];

    private static readonly string[] TextFiles =
    [
        .. Repository.Files.Where(file => Path.GetExtension(file) is
            ".cs" or ".csproj" or ".props" or ".targets" or ".sql" or ".md" or ".json" or ".yml" or ".yaml" or ".sh" or ".cake" or ".html"
            or ".js" or ".css"),
    ];

    [TestCaseSource(nameof(Services))]
    public void Should_wait_only_by_an_injected_clock(string service)
    {
        var waits = UsedMembers.Of(Assembly.Load(service))
            .Where(member => (member.Type, member.Name) is ("System.Threading.Thread", "Sleep") or ("System.Threading.Tasks.Task", "Delay"))
            .Select(member => (MethodBase)member.Resolve()!)
            .Where(method => method.GetParameters().All(parameter => parameter.ParameterType != typeof(TimeProvider)))
            .Select(method => $"{method.DeclaringType!.Name}.{method}");

        Assert.That(waits, Is.Empty, "Await a condition, or use Task.Delay with a TimeProvider.");
    }

    [Test]
    public void Should_leave_nothing_to_be_done_later()
    {
        string[] marks = ["TO" + "DO", "FIX" + "ME", "HA" + "CK", "X" + "XX"];

        Assert.That(FilesMatching($@"\b({string.Join('|', marks)})\b"), Is.Empty);
    }

    [Test]
    public void Should_name_no_path_of_one_machine() =>
        Assert.That(FilesMatching(@"(?<![\w.)}$/-])/(home|work|root|Users|mnt|workspaces)/\w|[A-Z]:\\\w"), Is.Empty);

    [Test]
    public void Should_start_a_program_in_25_lines() => Assert.That(
        TextFiles.Where(file => Path.GetFileName(file) == "Program.cs" && !file.StartsWith("tests/", StringComparison.Ordinal))
            .Where(file => Repository.Read(file).TrimEnd().Split('\n').Length > 25),
        Is.Empty);

    /// <summary>
    /// A row of a table in Markdown cannot be wrapped, nor a sentence of a page, which names its translation. Schema scripts are left out,
    /// as a script that has run is never edited, and so are files that tools write: JSON and the solution. A guide's changes are lines of
    /// any of these.
    /// </summary>
    [Test]
    public void Should_be_at_most_140_columns_wide() => Assert.That(
        from file in Repository.Files
        where Path.GetExtension(file) is ".cs" or ".cake" or ".csproj" or ".proj" or ".props" or ".targets" or ".md" or ".sh" or ".yml"
            or ".yaml" or ".tpl" or ".html" or ".js" or ".css" or ".razor"
        where !file.EndsWith(".min.css", StringComparison.Ordinal)
        from line in Repository.Read(file).Split('\n').Index()
        where line.Item.Length > 140 && !line.Item.StartsWith('|') && !line.Item.Contains("L[\"", StringComparison.Ordinal)
            && !(file.StartsWith("docs/guides/", StringComparison.Ordinal) && (line.Item[0] is '+' or '-' or ' '))
        select $"{file}({line.Index + 1})",
        Is.Empty);

    [Test]
    public void Should_end_every_line_like_the_others() =>
        Assert.That(FilesMatching(@"\r|[ \t]+(?=\n|\z)"), Is.Empty, "LF, no trailing blanks");

    /// <summary>Connections go back to the pool as they are: what a statement left in its session, the next user would get.</summary>
    [TestCase(@"["";]\s*SET\s+(?!LOCAL\b)", TestName = "Should_leave_nothing_in_a_session(SET without LOCAL)")]
    [TestCase(@"set_config\([^)]*false\s*\)", TestName = "Should_leave_nothing_in_a_session(set_config)")]
    [TestCase(@"\bCREATE\s+(LOCAL\s+|GLOBAL\s+)?TEMP", TestName = "Should_leave_nothing_in_a_session(temporary tables)")]
    [TestCase(@"\bpg_(try_)?advisory_lock", TestName = "Should_leave_nothing_in_a_session(advisory locks of a session)")]
    [TestCase(@"["";]\s*(LISTEN|PREPARE|DECLARE)\s", TestName = "Should_leave_nothing_in_a_session(LISTEN, PREPARE, DECLARE)")]
    public void Should_leave_nothing_in_a_session(string pattern)
    {
        // Schema scripts run on connections of their own, which are closed.
        var leaks = FilesMatching(pattern).Where(match =>
            (match.StartsWith("endpoints/", StringComparison.Ordinal) || match.StartsWith("infra/", StringComparison.Ordinal))
            && (match.Contains(".cs:", StringComparison.Ordinal) || match.Contains(".sql:", StringComparison.Ordinal))
            && !match.Contains("/SchemaScripts.cs:", StringComparison.Ordinal));

        Assert.That(leaks, Is.Empty);
    }

    private static IEnumerable<string> FilesMatching(string pattern) =>
        from file in TextFiles
        let match = System.Text.RegularExpressions.Regex.Match(Repository.Read(file), pattern)
        where match.Success
        select $"{file}: {match.Value}";
}
