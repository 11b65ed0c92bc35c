using System.CommandLine;
using System.Reflection;
using System.Text.RegularExpressions;
using ShopSaga.Hosting;
using ShopSaga.Local.Commands;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Provisioning;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace ShopSaga.Tests.Unit.Architecture;

/// <summary>Targets, options, files, services, settings, secrets, tables and routes in the commands of documents exist.</summary>
public partial class When_documents_give_commands
{
    private const string SecretsPage = "docs/operations/secrets.md";
    private static readonly string[] ComposeFiles = ["shop", "observability", "servicecontrol"];
    private static readonly SortedDictionary<string, string> Passwords = [];
    private static readonly SortedDictionary<string, Dictionary<string, string>> Secrets =
        DeploymentSecrets.Make(new DeployedServers("postgresql", "rabbitmq", "rabbitmq:15672"), Passwords);

    private static readonly string Sources = string.Concat(
        new[] { "endpoints", "gateway", "infra", "tests" }.SelectMany(folder => Repository.FilesIn(folder))
            .Where(file => Path.GetExtension(file) is ".cs" or ".sql" or ".sh" or ".yml")
            .Select(Repository.Read));

    private static IEnumerable<string> Documents => Repository.Files.Where(file => file.EndsWith(".md", StringComparison.Ordinal)
        && file is not "CHANGELOG.md");

    [TestCaseSource(nameof(Documents))]
    public void Should_name_targets_of_the_build_and_their_options(string document)
    {
        var tasks = Repository.Read("build.cake").Split("\nTask(\"").Skip(1).ToDictionary(task => task.Split('"')[0]);
        var wrong = from Match call in Target().Matches(Commands(document))
                    let target = call.Groups["target"].Value
                    from option in call.Groups["option"].Captures.Select(option => option.Value).Prepend("")
                    where !tasks.TryGetValue(target, out var task)
                        || (option is not ("" or "bus" or "reference") && !task.Contains($"\"{option}\"", StringComparison.Ordinal))
                    select $"{call.Value} {option}";

        Assert.That(wrong, Is.Empty);
    }

    [TestCaseSource(nameof(Documents))]
    public void Should_name_commands_of_the_launcher_and_their_options(string document)
    {
        var commands = typeof(RunCommand).Assembly.GetTypes()
            .Select(type => type.GetMethod("Describe", BindingFlags.Public | BindingFlags.Static))
            .Where(describe => describe?.ReturnType == typeof(Command))
            .Select(describe => (Command)describe!.Invoke(null, null)!)
            .ToDictionary(command => command.Name, command => command.Options.Concat(
                command.Subcommands.SelectMany(child => child.Options)).Select(option => option.Name).ToList());
        var code = string.Join('\n', Span().Matches(Commands(document)).Select(span => span.Value.Trim('`')));
        var wrong = from Match call in Launcher().Matches(code)
                    let command = call.Groups["command"].Value
                    from option in call.Groups["option"].Captures.Select(option => option.Value).Prepend("")
                    where !commands.TryGetValue(command, out var options) || (option.Length > 0 && !options.Contains(option))
                    select $"{call.Value} {option}";

        Assert.That(wrong, Is.Empty);
    }

    [TestCaseSource(nameof(Documents))]
    public void Should_name_files_and_services_of_Compose(string document)
    {
        var services = ComposeFiles.ToDictionary(file => $"infra/compose/{file}.yml", file => ServicesOf($"infra/compose/{file}.yml"));
        var all = services.Values.SelectMany(each => each).ToHashSet();
        Assert.Multiple(() =>
        {
            foreach (Match call in Compose().Matches(Commands(document)))
            {
                var (command, words) = (call.Groups["command"].Value, call.Groups["words"].Value);
                Assert.That(call.Groups["file"].Captures.Select(file => file.Value), Is.SubsetOf(services.Keys), call.Value);
                Assert.That(
                    command, Is.AnyOf("up", "down", "exec", "run", "stop", "start", "restart", "logs", "ps", "config"), call.Value);
                Assert.That(Scaled().Matches(words).Select(service => service.Groups[1].Value), Is.SubsetOf(all), call.Value);
                if (command is "up" or "stop" or "start" or "restart" or "logs")
                {
                    Assert.That(PlainWord().Matches(Scaled().Replace(words, "")).Select(word => word.Value), Is.SubsetOf(all), call.Value);
                }
                else if (command is "exec" or "run")
                {
                    var service = FirstArgument().Match(words).Groups["word"].Value;
                    Assert.That(all, Does.Contain(service), call.Value);
                    Assert.That(
                        Secret().Matches(words).Select(secret => secret.Groups[1].Value),
                        Is.SubsetOf(Secrets.GetValueOrDefault(service)?.Keys.ToArray() ?? []),
                        call.Value);
                }
            }
        });
    }

    [TestCaseSource(nameof(Documents))]
    public void Should_name_values_and_deployments_of_the_chart(string document)
    {
        var values = Yaml("infra/helm/shopsaga/values.yaml");
        var services = (Dictionary<object, object>)values["services"];
        var defaults = (Dictionary<object, object>)values["defaults"];
        var text = Commands(document);
        var named = Value().Matches(text).Concat(Given().Matches(text)).Select(value => value.Groups["path"].Value)
            .Where(path => values.ContainsKey(path.Split('.')[0]) || defaults.ContainsKey(path.Split('.')[0]));

        Assert.Multiple(() =>
        {
            Assert.That(named.Where(path => !Exists(path.Split('.'))), Is.Empty);
            Assert.That(Given().Matches(text).Select(value => value.Groups["path"].Value).Except(named), Is.Empty);
            Assert.That(Deployment().Matches(text).Select(deployment => deployment.Groups[1].Value), Is.SubsetOf(services.Keys));
        });

        bool Exists(string[] path) => path switch
        {
            ["services", "NAME", .. var rest] => IsBelow(defaults, rest),
            ["services", var service, .. var rest] => services.ContainsKey(service) && IsBelow(defaults, rest),
            _ => IsBelow(values.ToDictionary(value => (object)value.Key, value => value.Value), path) || IsBelow(defaults, path),
        };

        static bool IsBelow(object? at, IEnumerable<string> path) =>
            path.All(name => at is Dictionary<object, object> map && map.TryGetValue(name, out at));
    }

    [TestCaseSource(nameof(Documents))]
    public void Should_name_settings_and_variables_that_are_read(string document)
    {
        var settings = Setting().Matches(Commands(document)).Select(setting => setting.Groups[1].Value)
            .Where(setting => !setting.StartsWith("Logging__", StringComparison.Ordinal) && setting is not "Services__NAME")
            .Select(setting => setting.Replace("_FILE", "").Replace("__", ":"));

        Assert.Multiple(() =>
        {
            Assert.That(settings.Except(KnownSettings.All), Is.Empty);
            Assert.That(
                Variable().Matches(Commands(document)).Select(name => name.Value)
                    .Where(name => !Sources.Contains(name, StringComparison.Ordinal)),
                Is.Empty);
        });
    }

    [TestCaseSource(nameof(Documents))]
    public void Should_name_tables_and_log_entries_that_exist(string document)
    {
        var text = Commands(document);

        Assert.Multiple(() =>
        {
            Assert.That(
                Table().Matches(text).Select(table => table.Groups[1].Value)
                    .Where(table => !Regex.IsMatch(Sources + Repository.Read(document), $@"CREATE TABLE (IF NOT EXISTS )?{table}\b")),
                Is.Empty);
            Assert.That(
                LogEntry().Matches(text)
                    .Where(entry => !Sources.Contains(
                        $"EventId {entry.Groups["name"].Value} = new({entry.Groups["id"].Value}", StringComparison.Ordinal))
                    .Select(entry => entry.Value),
                Is.Empty);
        });
    }

    [TestCaseSource(nameof(Documents))]
    public void Should_name_routes_that_exist(string document)
    {
        var ofServices = Mapped().Matches(Sources)
            .Select(route => Shape($"{route.Groups["method"].Value.ToUpperInvariant()} {route.Groups["path"].Value}"));
        var ofTheShop = Repository.FilesIn("docs/api", ".md").SelectMany(page => Route().Matches(Repository.Read(page)))
            .Select(route => Shape(route.Groups[1].Value));

        Assert.That(
            Route().Matches(Commands(document)).Select(route => Shape(route.Groups[1].Value)).Except(ofServices.Concat(ofTheShop)),
            Is.Empty);

        static string Shape(string route) => Regex.Replace(route.Split('?')[0], @"\{[^}]*\}", "{}");
    }

    [Test]
    public void Should_name_every_secret_that_is_made_and_no_other()
    {
        var rows = Repository.Read(SecretsPage).Split("| secret |")[1].Split("\n\n")[0].Split('\n').Skip(2);
        var named = rows.SelectMany(row => Code().Matches(row.Split('|')[2])).Select(name => name.Groups[1].Value).ToHashSet();
        var services = Topology.Services.Where(service => service.IsOnTheBus || service.Database is not null).ToList();
        var page = Repository.Read(SecretsPage);

        // Of each kind the page names some, and "…" for the others.
        var ofRoles = services.Select(service => service.Database!).SelectMany(database => new[] { database.Role, database.Owner });
        var ofUsers = Passwords.Keys.Where(name => name.StartsWith("broker-", StringComparison.Ordinal));

        Assert.Multiple(() =>
        {
            Assert.That(
                named.Where(name => !name.StartsWith("SHOPSAGA_", StringComparison.Ordinal)).Except(["…"]), Is.SubsetOf(Passwords.Keys));
            Assert.That(
                Passwords.Keys.Except(ofRoles).Except(ofUsers).Except(["admin"])
                    .Where(name => !page.Contains($"`{name}`", StringComparison.Ordinal)),
                Is.Empty);
        });
    }

    [Test]
    public void Should_mark_every_secret_among_the_settings()
    {
        var refused = DevelopmentSecret().Matches(Repository.Read("infra/hosting/ShopSaga.Hosting.Web/DevelopmentSecrets.cs"))
            .Select(secret => secret.Groups[1].Value.Replace(":", "__"));
        var marked = Marked().Matches(Repository.Read("docs/configuration.md")).Select(setting => setting.Groups[1].Value)
            .Where(setting => !setting.StartsWith("Laboratory__", StringComparison.Ordinal)).ToHashSet();

        Assert.That(marked, Is.EquivalentTo(refused));
    }

    /// <summary>A document without the changes that guides make, its long commands on one line each.</summary>
    private static string Commands(string document) => ContinuedLine().Replace(Change().Replace(Repository.Read(document), ""), " ");

    private static HashSet<string> ServicesOf(string file) =>
        [.. ((Dictionary<object, object>)Yaml(file)["services"]).Keys.Cast<string>()];

    private static Dictionary<string, object> Yaml(string file) =>
        new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(
            new MergingParser(new Parser(new StringReader(Repository.Read(file)))));

    [GeneratedRegex("^```diff\n.*?^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Change();

    [GeneratedRegex(@"\s*\\\n\s*")]
    private static partial Regex ContinuedLine();

    [GeneratedRegex(@"--target=(?<target>\w+)(?: --(?<option>[a-z-]+)(?:=[^\s`]+)?)*")]
    private static partial Regex Target();

    [GeneratedRegex("```.*?```|`[^`]+`", RegexOptions.Singleline)]
    private static partial Regex Span();

    [GeneratedRegex(@"(?<=ShopSaga\.Local\.dll |shopsaga/local[\w.:-]* |^local |^ *shop |\(shop )(?<command>[a-z][a-z-]*)"
        + @"(?: [a-z]+)?(?: (?<option>--[a-z-]+)(?:=[^\s`]+)?)*", RegexOptions.Multiline)]
    private static partial Regex Launcher();

    [GeneratedRegex(@"(?:docker compose|(?<=`)compose|^ *compose)(?: -f (?<file>[^\s`]+))* (?<command>[a-z]+)(?<words>[^\n`]*)",
        RegexOptions.Multiline)]
    private static partial Regex Compose();

    [GeneratedRegex(@"(?<= )[a-z][a-z-]*")]
    private static partial Regex PlainWord();

    [GeneratedRegex(@"--scale (\w+)=\d+")]
    private static partial Regex Scaled();

    [GeneratedRegex(@"^(?: (?:--(?:entrypoint|env) \S+|--\S+))* (?<word>[a-z]\S*)")]
    private static partial Regex FirstArgument();

    [GeneratedRegex(@"/run/secrets/shopsaga/(\w+(?:\.json)?)")]
    private static partial Regex Secret();

    [GeneratedRegex(@"`(?<path>[a-z]\w*(?:\.\w+)+)`")]
    private static partial Regex Value();

    [GeneratedRegex(@"--set (?<path>[\w.]+)=")]
    private static partial Regex Given();

    [GeneratedRegex(@"deployment/shop-(\w+)")]
    private static partial Regex Deployment();

    [GeneratedRegex(@"\b([A-Z][A-Za-z]+__[A-Z][A-Za-z]+(?:_FILE)?)")]
    private static partial Regex Setting();

    [GeneratedRegex("SHOPSAGA_[A-Z_]*[A-Z]")]
    private static partial Regex Variable();

    [GeneratedRegex(@"(?:DELETE FROM|SELECT [\w*, ()]+ FROM|ALTER TABLE|INSERT INTO) ([a-z]\w*)")]
    private static partial Regex Table();

    [GeneratedRegex(@"event (?<id>\d+), `(?<name>\w+)`|log(?: entry| has an entry)? \(?`(?<name>\w+)`")]
    private static partial Regex LogEntry();

    [GeneratedRegex("`((?:GET|POST|PUT|DELETE) /[^`\\s]*)`")]
    private static partial Regex Route();

    [GeneratedRegex("Map(?<method>Get|Post|Put|Delete)\\(\\s*\"(?<path>[^\"]+)\"")]
    private static partial Regex Mapped();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\(""([A-Z]\w+:\w+)"",")]
    private static partial Regex DevelopmentSecret();

    [GeneratedRegex("`(\\w+__\\w+)` 🔑")]
    private static partial Regex Marked();
}
