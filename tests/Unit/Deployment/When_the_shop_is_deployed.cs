using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Npgsql;
using ShopSaga.Hosting.Database;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Provisioning;
using ShopSaga.Local.Servers;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace ShopSaga.Tests.Unit.Deployment;

/// <summary>Compose, chart and monitoring say the same as the topology.</summary>
public class When_the_shop_is_deployed
{
    private static readonly string[] Names = [.. Topology.Services.Select(service => NameOf(service))];
    private static readonly SortedDictionary<string, Dictionary<string, string>> Secrets =
        DeploymentSecrets.Make(new DeployedServers("postgresql", "rabbitmq", "rabbitmq:15672"), []);

    [TestCaseSource(nameof(Names))]
    public void Should_give_a_service_in_Compose_its_own_secrets_and_no_others(string name)
    {
        var service = Yaml("infra/compose/shop.yml").Map("services").Map(name);
        var files = service.Map("environment").Where(setting => setting.Key.EndsWith("_FILE", StringComparison.Ordinal))
            .Select(setting => Path.GetFileName((string)setting.Value));

        Assert.Multiple(() =>
        {
            Assert.That(files, Is.EquivalentTo(Secrets.GetValueOrDefault(name)?.Keys.ToArray() ?? []));
            Assert.That(
                service.TryGetValue("volumes", out var volumes) ? (List<object>)volumes : [],
                Is.EqualTo(Secrets.ContainsKey(name) ? new[] { $"secrets-{name}:/run/secrets/shopsaga:ro" } : []));
        });
    }

    [TestCaseSource(nameof(Names))]
    public void Should_give_a_service_in_the_chart_what_the_topology_says(string name)
    {
        var topology = Topology.Services.Single(service => NameOf(service) == name);
        var service = Yaml("infra/helm/shopsaga/values.yaml").Map("services").Map(name);

        Assert.Multiple(() =>
        {
            Assert.That(service["program"], Is.EqualTo(topology.Assembly));
            Assert.That(service.Flag("database"), Is.EqualTo(topology.Database is not null));
            Assert.That(service.Flag("broker"), Is.EqualTo(topology.HasBrokerUser));
            Assert.That(service.Flag("redis"), Is.EqualTo(topology.UsesRedis));
            Assert.That(
                service.List("secretSettings"),
                Is.EquivalentTo((Secrets.GetValueOrDefault(name) ?? []).Keys
                    .Where(key => !key.StartsWith("ConnectionStrings", StringComparison.Ordinal))));
        });
    }

    [Test]
    public void Should_have_the_services_of_the_topology()
    {
        var servers = new[] { "secrets", "provision", "postgresql", "rabbitmq", "redis" };
        Assert.Multiple(() =>
        {
            Assert.That(Yaml("infra/compose/shop.yml").Map("services").Keys, Is.EquivalentTo(Names.Concat(servers)));
            Assert.That(Yaml("infra/helm/shopsaga/values.yaml").Map("services").Keys, Is.EquivalentTo(Names));
            Assert.That(
                Repository.Read("infra/monitoring/prometheus/prometheus.yml"), Does.Contain($"names: [{string.Join(", ", Sorted())}]"));
        });

        // In the order of the file.
        IEnumerable<string> Sorted() =>
            new[] { "users", "products", "orders", "payments", "settlement", "psp", "web", "operations", "gateway" }.Intersect(Names);
    }

    [Test]
    public void Should_publish_nothing_but_the_gateway() =>
        Assert.That(
            Yaml("infra/compose/shop.yml").Map("services")
                .Where(service => ((Dictionary<object, object>)service.Value).ContainsKey("ports")).Select(service => service.Key),
            Is.EqualTo(new[] { "gateway" }));

    [Test]
    public void Should_take_others_images_by_version()
    {
        var images = new[] { "shop", "observability", "servicecontrol" }
            .SelectMany(file => Regex.Matches(Repository.Read($"infra/compose/{file}.yml"), @"^ +image: (\S+)$", RegexOptions.Multiline))
            .Select(match => match.Groups[1].Value)
            .Where(image => !image.StartsWith("shopsaga/", StringComparison.Ordinal))
            .ToList();

        Assert.That(images, Has.Count.GreaterThan(10).And.All.Matches(@":v?\d+\.\d+(\.\d+)?(-management)?$"));
    }

    [Test]
    public void Should_let_Operations_watch_every_service()
    {
        const string prefix = "Services__";
        var settings = Yaml("infra/compose/shop.yml").Map("services").Map("operations").Map("environment").Keys;

        Assert.That(
            settings.Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
                .Select(name => name[prefix.Length..].ToLowerInvariant()),
            Is.EquivalentTo(Names));
    }

    [Test]
    public void Should_let_every_service_in_Compose_send_what_it_observes()
    {
        var observed = Yaml("infra/compose/observability.yml").Map("services");

        Assert.Multiple(() =>
        {
            foreach (var name in Names)
            {
                Assert.That(observed, Does.ContainKey(name));
                Assert.That(
                    observed.Map(name).Map("environment")["OTEL_EXPORTER_OTLP_ENDPOINT"], Is.EqualTo("http://collector:4317"), name);
            }
        });
    }

    [Test]
    public void Should_let_every_endpoint_in_Compose_report_to_ServiceControl()
    {
        var services = Yaml("infra/compose/servicecontrol.yml").Map("services");
        var endpoints = Topology.Services.Where(service => service.IsOnTheBus).Select(NameOf).ToList();
        string[] instances = ["servicecontrol", "servicecontrol-audit", "servicecontrol-monitoring"];

        Assert.Multiple(() =>
        {
            foreach (var name in endpoints)
            {
                var settings = services.Map(name).Map("environment");
                Assert.That(settings["ServiceControl__Heartbeats"], Is.EqualTo("Particular.ServiceControl"), name);
                Assert.That(settings["ServiceControl__Checks"], Is.EqualTo("Particular.ServiceControl"), name);
                Assert.That(settings["ServiceControl__Metrics"], Is.EqualTo("Particular.Monitoring"), name);
                Assert.That(settings["ServiceControl__Audit"], Is.EqualTo("audit"), name);
                Assert.That(settings["ServiceControl__SagaAudit"], Is.EqualTo("audit"), name);
            }

            Assert.That(Names.Intersect(services.Keys), Is.EquivalentTo(endpoints.Append("operations")));
            foreach (var name in instances)
            {
                var settings = services.Map(name).Map("environment");
                Assert.That(settings["TRANSPORTTYPE"], Is.EqualTo("RabbitMQ.QuorumConventionalRouting"), name);
                Assert.That(
                    (string)settings["CONNECTIONSTRING"],
                    Does.StartWith($"host=rabbitmq;username={DeploymentSecrets.ServiceControl};")
                        .And.Contain("ManagementApiUrl=http://rabbitmq:15672"),
                    name);
            }
        });
    }

    [Test]
    public void Should_run_no_program_of_ours_as_root_or_with_a_writable_root_file_system()
    {
        var services = Yaml("infra/compose/shop.yml").Map("services");
        foreach (var (name, value) in services.Where(service => Names.Append("provision").Contains(service.Key)))
        {
            var service = ((Dictionary<object, object>)value).ToDictionary(entry => (string)entry.Key, entry => entry.Value);
            Assert.Multiple(() =>
            {
                Assert.That(service.Flag("read_only"), Is.True, name);
                Assert.That(service.List("cap_drop"), Is.EqualTo(new[] { "ALL" }), name);
                Assert.That(service, Does.Not.ContainKey("user"), name);
            });
        }

        Assert.That(Repository.Read("Dockerfile"), Does.Contain("\nUSER 1654:1654\n"));
    }

    [Test]
    public void Should_open_no_more_connections_than_one_PostgreSQL_takes()
    {
        const int ofOperators = 20;
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:Database"] = "Host=postgresql",
        });
        var pool = new NpgsqlConnectionStringBuilder(DatabaseConnection.StringFrom(settings.Build())).MaxPoolSize;
        var limit = Regex.Match(Repository.Read("infra/compose/shop.yml"), @"max_connections=(\d+)").Groups[1].Value;

        Assert.That(
            (Topology.Services.Count(service => service.Database is not null) * pool) + ofOperators,
            Is.LessThan(int.Parse(limit, CultureInfo.InvariantCulture)));
    }

    [Test]
    public void Should_keep_the_broker_from_giving_messages_up()
    {
        var definition = (Dictionary<string, object>)BrokerPolicy.Body["definition"];
        var pattern = (string)BrokerPolicy.Body["pattern"];
        var endpoints = Topology.Services.Where(service => service.IsOnTheBus).Select(service => service.Assembly);
        string[] queues = [.. endpoints, "error", "audit", "nsb.v2.delay-level-00"];

        Assert.Multiple(() =>
        {
            Assert.That(definition["delivery-limit"], Is.EqualTo(int.MaxValue));
            Assert.That(queues, Has.All.Matches<string>(queue => Regex.IsMatch(queue!, pattern)));
        });
    }

    [Test]
    public void Should_have_a_section_and_a_test_for_every_alert()
    {
        var tests = Repository.Read("infra/monitoring/tests/rules_test.yml");
        var sections = Regex.Matches(Repository.Read("docs/operations.md"), @"^## (.+)$", RegexOptions.Multiline)
            .ToDictionary(match => match.Groups[1].Value.ToLowerInvariant().Replace(' ', '-'), match => match.Index);
        var alerts = Yaml("infra/monitoring/prometheus/rules.yml").List("groups").Cast<Dictionary<object, object>>()
            .SelectMany(group => (List<object>)group["rules"]).Cast<Dictionary<object, object>>()
            .Where(rule => rule.ContainsKey("alert"))
            .ToList();

        Assert.That(alerts, Is.Not.Empty);
        foreach (var alert in alerts)
        {
            var (name, annotations) = ((string)alert["alert"], (Dictionary<object, object>)alert["annotations"]);
            Assert.Multiple(() =>
            {
                Assert.That(tests, Does.Match($@"alertname: {name}\n\s+exp_alerts:\n"), $"{name} is never seen to fire");
                Assert.That(sections, Does.ContainKey(((string)annotations["runbook"]).Split('#')[1]), name);
                Assert.That(Repository.Read("docs/operations.md"), Does.Contain($"`{name}`"));
            });
        }
    }

    [TestCase("shop")]
    [TestCase("bus")]
    [TestCase("services")]
    [TestCase("servers")]
    public void Should_have_dashboards_that_Grafana_can_show(string name)
    {
        using var document = JsonDocument.Parse(Repository.Read($"infra/monitoring/dashboards/{name}.json"));
        var dashboard = document.RootElement;
        var panels = dashboard.GetProperty("panels").EnumerateArray().ToList();
        var positions = panels.Select(panel => panel.GetProperty("gridPos")).ToList();
        var provisioned = Repository.Read("infra/monitoring/grafana/datasources/shopsaga.yml");

        var cells = positions.SelectMany(at =>
            from x in Enumerable.Range(Number(at, "x"), Number(at, "w"))
            from y in Enumerable.Range(Number(at, "y"), Number(at, "h"))
            select (x, y));

        Assert.Multiple(() =>
        {
            Assert.That(dashboard.GetProperty("uid").GetString(), Is.EqualTo($"shopsaga-{name}"));
            Assert.That(dashboard.GetProperty("title").GetString(), Is.Not.Empty);
            Assert.That(dashboard.GetProperty("schemaVersion").GetInt32(), Is.GreaterThan(35));
            Assert.That(dashboard.GetProperty("time").GetProperty("from").GetString(), Does.StartWith("now-"));
            Assert.That(dashboard.GetProperty("time").GetProperty("to").GetString(), Is.EqualTo("now"));
            Assert.That(dashboard.GetProperty("timezone").GetString(), Is.AnyOf("", "utc", "browser"));
            Assert.That(dashboard.GetProperty("refresh").GetString(), Does.Match(@"^\d+[smh]$"));
            Assert.That(dashboard.GetProperty("tags").ValueKind, Is.EqualTo(JsonValueKind.Array));
            Assert.That(dashboard.GetProperty("annotations").GetProperty("list").ValueKind, Is.EqualTo(JsonValueKind.Array));
            Assert.That(dashboard.GetProperty("templating").GetProperty("list").ValueKind, Is.EqualTo(JsonValueKind.Array));
            Assert.That(panels.Select(panel => panel.GetProperty("id").GetInt32()), Is.Unique);
            Assert.That(cells, Is.Unique, "panels do not overlap");
            Assert.That(cells.Select(cell => cell.x), Has.All.InRange(0, 23));
        });
        foreach (var panel in panels)
        {
            var targets = panel.GetProperty("targets").EnumerateArray().ToList();
            Assert.Multiple(() =>
            {
                Assert.That(panel.GetProperty("title").GetString(), Is.Not.Empty);
                Assert.That(panel.GetProperty("type").GetString(), Is.EqualTo("timeseries"));
                Assert.That(panel.GetProperty("options").ValueKind, Is.EqualTo(JsonValueKind.Object));
                Assert.That(panel.GetProperty("fieldConfig").GetProperty("defaults").ValueKind, Is.EqualTo(JsonValueKind.Object));
                Assert.That(panel.GetProperty("fieldConfig").GetProperty("overrides").ValueKind, Is.EqualTo(JsonValueKind.Array));
                Assert.That(targets.Select(target => target.GetProperty("refId").GetString()), Is.Unique);
                foreach (var source in targets.Append(panel).Select(each => each.GetProperty("datasource")))
                {
                    Assert.That(source.GetProperty("type").GetString(), Is.EqualTo("prometheus"));
                    Assert.That(provisioned, Does.Contain($"uid: {source.GetProperty("uid").GetString()}"));
                }

                Assert.That(targets.Select(target => target.GetProperty("expr").GetString()), Has.All.Not.Empty);
            });
        }

        static int Number(JsonElement at, string member) => at.GetProperty(member).GetInt32();
    }

    private static string NameOf(Service service) => service.Name.ToLowerInvariant();

    private static Dictionary<string, object> Yaml(string file)
    {
        var parser = new MergingParser(new Parser(new StringReader(Repository.Read(file))));
        return new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build()
            .Deserialize<Dictionary<string, object>>(parser);
    }
}

internal static class YamlNodes
{
    public static Dictionary<string, object> Map(this Dictionary<string, object> map, string key) =>
        ((Dictionary<object, object>)map[key]).ToDictionary(entry => (string)entry.Key, entry => entry.Value);

    public static List<object> List(this Dictionary<string, object> map, string key) =>
        map.TryGetValue(key, out var list) ? (List<object>)list : [];

    public static bool Flag(this Dictionary<string, object> map, string key) => map.TryGetValue(key, out var flag) && (bool)flag;
}
