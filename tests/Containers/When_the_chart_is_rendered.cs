using System.Text.RegularExpressions;
using k8s.Models;
using ShopSaga.Local.Layout;
using ShopSaga.Tests.Containers.Support;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace ShopSaga.Tests.Containers;

/// <summary>The objects of a release keep the rules of the shop, with whatever values it is installed.</summary>
public class When_the_chart_is_rendered
{
    private static readonly Dictionary<string, string[]> Values = new()
    {
        ["what is required"] = [],
        ["every switch"] =
        [
            "provision.enabled=true", "otlpEndpoint=\"http://collector:4317\"", "image.pullSecrets=[{\"name\":\"registry\"}]",
            "image.registry=\"ghcr.io/shop/\"", "image.tag=\"1.2.3\"",
            "defaults.podAnnotations={\"a/b\":\"c\"}", "defaults.nodeSelector={\"disk\":\"fast\"}",
            "defaults.tolerations=[{\"key\":\"shop\",\"operator\":\"Exists\"}]",
            "networkPolicy.servers=[{\"ipBlock\":{\"cidr\":\"10.1.0.0/16\"}}]",
            "networkPolicy.ingressFrom=[{\"namespaceSelector\":{\"matchLabels\":{\"kubernetes.io/metadata.name\":\"ingress\"}}}]",
            "networkPolicy.metricsFrom=[{\"namespaceSelector\":{}}]",
            "ingress={\"enabled\":true,\"host\":\"shop.example.com\",\"className\":\"nginx\",\"tlsSecret\":\"tls\"}",
            "ingress.annotations={\"a/b\":\"c\"}",
            "monitoring.podMonitor={\"enabled\":true,\"labels\":{\"release\":\"p\"}}",
            "monitoring.rules={\"enabled\":true,\"labels\":{\"release\":\"p\"}}",
        ],
        ["KEDA and the Gateway API"] =
        [
            "autoscaling.keda={\"enabled\":true,\"triggerAuthentication\":\"rabbitmq\"}",
            "httpRoute={\"enabled\":true,\"hosts\":[\"shop.example.com\"],\"parents\":[{\"name\":\"public\"}]}",
        ],
        ["as little as possible"] =
        [
            "migrations.enabled=false", "autoscaling.enabled=false", "networkPolicy.enabled=false", "test.enabled=false",
            "services.psp.enabled=false",
        ],
    };

    /// <summary>The service that has one instance only.</summary>
    private const string Single = "shop-operations";

    private static readonly string[] Sets = [.. Values.Keys];

    private static readonly string[] Installations =
    [
        .. Regex.Matches(Repository.Read("docs/operations.md"), "`helm install shop infra/helm/shopsaga ([^`…]+)`")
            .Select(command => command.Groups[1].Value),
    ];

    private static readonly Dictionary<string, Release> Releases = [];

    [OneTimeSetUp]
    public async Task Render()
    {
        Helm.Require();
        foreach (var (name, values) in Values)
        {
            // Helm renders, and what the API would refuse throws here.
            Releases[name] = await Release.Of(values);
        }
    }

    [TestCaseSource(nameof(Sets))]
    public async Task Should_satisfy_the_linter(string set)
    {
        var values = Values[set].Prepend("url=\"https://shop.example.com\"").Append("redis.address=\"redis:6379\"");
        var (succeeded, output) = await Helm.Run(
            ["lint", "--strict", Helm.Chart, .. values.SelectMany(value => new[] { "--set-json", value })]);

        Assert.That(succeeded, Is.True, output);
    }

    [TestCaseSource(nameof(Installations))]
    public async Task Should_take_the_command_that_operators_are_given(string options)
    {
        var (succeeded, output) = await Helm.Run(["template", "shop", Helm.Chart, .. options.Split(' ')]);

        Assert.That(succeeded, Is.True, output);
    }

    [TestCaseSource(nameof(Sets))]
    public void Should_run_no_container_as_root_or_with_more_rights_than_it_needs(string set)
    {
        var release = Releases[set];
        Assert.That(release.Pods.Count(), Is.GreaterThanOrEqualTo(Topology.Services.Length - 1));
        foreach (var (name, _, pod) in release.Pods)
        {
            Assert.Multiple(() =>
            {
                Assert.That(pod.AutomountServiceAccountToken, Is.False, name);
                Assert.That(pod.HostNetwork ?? pod.HostPID ?? pod.HostIPC, Is.Null, name);
                Assert.That(pod.SecurityContext.RunAsNonRoot, Is.True, name);
                Assert.That(pod.SecurityContext.RunAsUser, Is.GreaterThan(0), name);
                Assert.That(pod.SecurityContext.SeccompProfile.Type, Is.EqualTo("RuntimeDefault"), name);
                Assert.That(pod.InitContainers, Is.Null, name);
            });
            foreach (var container in pod.Containers)
            {
                var rights = container.SecurityContext;
                Assert.Multiple(() =>
                {
                    Assert.That(rights.ReadOnlyRootFilesystem, Is.True, name);
                    Assert.That(rights.AllowPrivilegeEscalation, Is.False, name);
                    Assert.That(rights.Privileged, Is.False, name);
                    Assert.That(rights.Capabilities.Drop, Is.EqualTo(new[] { "ALL" }), name);
                    Assert.That(rights.Capabilities.Add, Is.Null, name);
                    Assert.That(container.Resources.Limits.Keys, Is.EquivalentTo(new[] { "cpu", "memory" }), name);
                    Assert.That(container.Resources.Requests.Keys, Is.EquivalentTo(new[] { "cpu", "memory" }), name);
                    Assert.That(container.Image, Does.Match(@"shopsaga/[a-z]+:[^:]*\d$"), name);
                });
            }
        }
    }

    [TestCaseSource(nameof(Sets))]
    public void Should_probe_every_service_and_let_it_finish_its_work(string set)
    {
        var release = Releases[set];
        foreach (var deployment in release.All<V1Deployment>())
        {
            var pod = deployment.Spec.Template.Spec;
            var container = pod.Containers.Single();
            var port = container.Ports.Single();
            var delay = TimeSpan.Parse(release.One<V1ConfigMap>(deployment.Name()).Data["Shutdown__Delay"], null);
            Assert.Multiple(() =>
            {
                foreach (var (probe, path) in new[]
                {
                    (container.StartupProbe, "/health/ready"), (container.ReadinessProbe, "/health/ready"),
                    (container.LivenessProbe, "/health/live"),
                })
                {
                    Assert.That(probe.HttpGet.Path, Is.EqualTo(path), deployment.Name());
                    Assert.That(probe.HttpGet.Port.Value, Is.EqualTo(port.Name), deployment.Name());
                }

                Assert.That(port.ContainerPort, Is.EqualTo(8080), deployment.Name());
                Assert.That(pod.TerminationGracePeriodSeconds, Is.GreaterThan(delay.TotalSeconds + 30), deployment.Name());
                Assert.That(deployment.Spec.Strategy.RollingUpdate.MaxUnavailable.Value, Is.EqualTo("0"), deployment.Name());
                Assert.That(pod.TopologySpreadConstraints.Select(spread => spread.TopologyKey),
                    Is.EqualTo(new[] { "topology.kubernetes.io/zone", "kubernetes.io/hostname" }), deployment.Name());
            });
        }

        Assert.That(Repository.Read("Dockerfile"), Does.Contain("\nEXPOSE 8080\n"));
    }

    [TestCaseSource(nameof(Sets))]
    public void Should_give_every_service_what_belongs_to_it(string set)
    {
        var release = Releases[set];
        bool scales = set != "as little as possible", hasPolicies = scales;
        var kedas = release.Custom.Where(custom => (string)custom["kind"] == "ScaledObject")
            .Select(custom => (string)((Dictionary<object, object>)custom["metadata"])["name"]);
        var scaled = release.All<V2HorizontalPodAutoscaler>().Select(scaler => scaler.Name()).Concat(kedas);
        string[] names = [.. release.All<V1Deployment>().Select(deployment => deployment.Name())];

        Assert.That(names, Is.EquivalentTo(Topology.Services
            .Where(service => scales || service.Name != "psp").Select(service => "shop-" + service.Name.ToLowerInvariant())));
        Assert.Multiple(() =>
        {
            Assert.That(
                release.All<V1Service>().Select(each => each.Name()),
                Is.EquivalentTo(names.Concat(names.Select(name => name + "-instances"))));
            Assert.That(release.All<V1ConfigMap>().Select(each => each.Name()), Is.EquivalentTo(names));
            Assert.That(release.All<V1ServiceAccount>().Select(each => each.Name()), Is.EquivalentTo(names));
            Assert.That(release.All<V1ServiceAccount>().Select(each => each.AutomountServiceAccountToken), Has.All.False);
            Assert.That(release.All<V1PodDisruptionBudget>().Select(each => each.Name()), Is.EquivalentTo(names));
            Assert.That(scaled, Is.EquivalentTo(scales ? names.Except([Single]) : []));
            Assert.That(release.All<V1NetworkPolicy>().Select(each => each.Name()),
                Is.EquivalentTo(hasPolicies ? names.Append("shop-deny").Append("shop-jobs") : []));
        });
        foreach (var deployment in release.All<V1Deployment>())
        {
            var name = deployment.Name();
            Assert.Multiple(() =>
            {
                Assert.That(
                    deployment.Spec.Replicas, name == Single ? Is.EqualTo(1) : scales ? Is.Null : Is.EqualTo(2), name);
                Assert.That(deployment.Spec.Template.Spec.ServiceAccountName, Is.EqualTo(name));
                Assert.That(Selected(release.One<V1Service>(name).Spec.Selector), Is.EqualTo(new[] { name }));
                Assert.That(Selected(release.One<V1Service>(name + "-instances").Spec.Selector), Is.EqualTo(new[] { name }));
                Assert.That(Selected(deployment.Spec.Selector.MatchLabels), Is.EqualTo(new[] { name }));
                Assert.That(Selected(release.One<V1PodDisruptionBudget>(name).Spec.Selector.MatchLabels), Is.EqualTo(new[] { name }));
            });
        }

        IEnumerable<string> Selected(IDictionary<string, string> labels) =>
            release.Pods.Where(
                pod => labels.All(label => pod.Metadata?.Labels?.TryGetValue(label.Key, out var value) == true && value == label.Value))
                .Select(pod => pod.Name);
    }

    [TestCaseSource(nameof(Sets))]
    public void Should_have_a_migration_for_every_database_that_runs_before_the_services(string set)
    {
        var release = Releases[set];
        bool migrates = set != "as little as possible";
        var owners = Topology.Services.Where(service => service.Database is not null)
            .Select(service => $"shop-{service.Name.ToLowerInvariant()}-migration");
        var migrations = release.All<V1Job>().Where(job => job.Name().EndsWith("-migration", StringComparison.Ordinal)).ToList();

        Assert.That(migrations.Select(job => job.Name()), Is.EquivalentTo(migrates ? owners : []));
        Assert.Multiple(() =>
        {
            foreach (var job in migrations)
            {
                Assert.That(job.Metadata.Annotations["helm.sh/hook"], Is.EqualTo("pre-install,pre-upgrade"), job.Name());
                Assert.That(Environment(job.Spec.Template.Spec)["Schema__Apply"], Is.EqualTo("Only"), job.Name());
            }

            foreach (var deployment in release.All<V1Deployment>())
            {
                var items = (deployment.Spec.Template.Spec.Volumes ?? []).SelectMany(volume => volume.Secret.Items)
                    .Select(item => item.Key);
                Assert.That(
                    items.Contains("ConnectionStrings__Schema"),
                    Is.EqualTo(!migrates && owners.Contains(deployment.Name() + "-migration")),
                    deployment.Name());
            }
        });
    }

    [TestCaseSource(nameof(Sets))]
    public void Should_hold_no_secret(string set)
    {
        var release = Releases[set];
        var settings = release.All<V1ConfigMap>().SelectMany(map => map.Data)
            .Concat(release.Pods.SelectMany(pod => Environment(pod.Spec)))
            .Where(setting => System.Text.RegularExpressions.Regex.IsMatch(setting.Key, "Password|Secret|Key|ConnectionStrings"))
            .Where(setting => setting.Key != "ConnectionStrings__Redis");

        Assert.Multiple(() =>
        {
            Assert.That(release.All<V1Secret>(), Is.Empty);
            Assert.That(settings, Is.Not.Empty);
            Assert.That(
                settings.Select(setting => $"{setting.Key}={setting.Value}"),
                Has.All.Match("^([A-Za-z_]+)_FILE=/run/secrets/shopsaga/\\1$"));
        });
    }

    [Test]
    public void Should_allow_a_call_at_both_of_its_ends()
    {
        var release = Releases["every switch"];
        var policies = release.All<V1NetworkPolicy>().Where(policy => policy.Name() is not "shop-deny").ToList();
        var (leaving, arriving) = (new List<string>(), new List<string>());
        foreach (var policy in policies)
        {
            var self = policy.Name() == "shop-jobs" ? "test" : policy.Name()["shop-".Length..];
            leaving.AddRange(Names(policy.Spec.Egress.SelectMany(rule => rule.To ?? [])).Select(other => $"{self} to {other}"));
            arriving.AddRange(
                Names((policy.Spec.Ingress ?? []).SelectMany(rule => rule.FromProperty ?? [])).Select(other => $"{other} to {self}"));
        }

        Assert.That(leaving, Is.EquivalentTo(arriving));

        static IEnumerable<string> Names(IEnumerable<V1NetworkPolicyPeer> peers) =>
            peers.Where(peer => peer.PodSelector is not null).Select(peer => peer.PodSelector.MatchLabels["app.kubernetes.io/name"]);
    }

    [Test]
    public void Should_open_the_network_to_the_addresses_that_a_service_has_and_to_no_others()
    {
        var release = Releases["what is required"];
        Assert.Multiple(() =>
        {
            foreach (var settings in release.All<V1ConfigMap>())
            {
                var service = Topology.Services.Single(
                    each => settings.Name().Equals("shop-" + each.Name, StringComparison.OrdinalIgnoreCase));
                var policy = release.One<V1NetworkPolicy>(settings.Name()).Spec;
                var peers = policy.Egress.SelectMany(rule => rule.To ?? [])
                    .Select(peer => peer.PodSelector.MatchLabels["app.kubernetes.io/name"]);
                // These two check no tokens, though they are told like the others where the keys are.
                var addresses = settings.Data.Where(
                    setting => !(service.Name is "psp" or "Web" && setting.Key.StartsWith("Auth__", StringComparison.Ordinal)))
                    .SelectMany(setting => System.Text.RegularExpressions.Regex.Matches(
                        setting.Value, @"http://shop-([a-z]+)(-instances)?:8080"))
                    // A service calls itself only where it watches all of its own instances.
                    .Where(match => match.Groups[2].Success
                        || !match.Groups[1].Value.Equals(service.Name, StringComparison.OrdinalIgnoreCase))
                    .Select(match => match.Groups[1].Value).Distinct();
                var ports = policy.Egress.Where(rule => rule.To is null).SelectMany(rule => rule.Ports).Select(port => port.Port.Value);
                string[] expected =
                [
                    "53", "53", .. Port(service.Database is not null, "5432"), .. Port(service.HasBrokerUser, "5672"),
                    .. Port(service.ReturnsFailedMessages, "15672"), .. Port(service.UsesRedis, "6379"),
                ];

                Assert.That(peers, Is.EquivalentTo(addresses), settings.Name());
                Assert.That(ports, Is.EquivalentTo(expected), settings.Name());
                Assert.That(
                    policy.Ingress.Any(rule => rule.FromProperty is null or []), Is.EqualTo(service.Name == "gateway"), settings.Name());
            }

            Assert.That(release.One<V1NetworkPolicy>("shop-deny").Spec, Has.Property("Ingress").Null.And.Property("Egress").Null);
            Assert.That(release.One<V1NetworkPolicy>("shop-deny").Spec.PolicyTypes, Is.EqualTo(new[] { "Ingress", "Egress" }));
        });

        static string[] Port(bool isUsed, string port) => isUsed ? [port] : [];
    }

    [Test]
    public void Should_set_what_Compose_sets()
    {
        var release = Releases["what is required"];
        // Compose lets a service make its tables while it starts, and relaxes limits for tests.
        string[] differing =
        [
            "ConnectionStrings__Schema",
            "Schema__Apply",
            "RateLimits__User",
            "RateLimits__Address",
            "RateLimits__Account",
            "RateLimits__Passwords",
        ];
        var parser = new MergingParser(new Parser(new StringReader(Repository.Read("infra/compose/shop.yml"))));
        var compose = (Dictionary<object, object>)new DeserializerBuilder().Build()
            .Deserialize<Dictionary<string, object>>(parser)["services"];

        Assert.Multiple(() =>
        {
            foreach (var deployment in release.All<V1Deployment>())
            {
                var service = (Dictionary<object, object>)compose[deployment.Name()["shop-".Length..]];
                var inCompose = ((Dictionary<object, object>)service["environment"]).Keys.Cast<string>();
                var inTheChart = release.One<V1ConfigMap>(deployment.Name())
                    .Data.Keys.Concat(Environment(deployment.Spec.Template.Spec).Keys);

                Assert.That(Settings(inTheChart), Is.EquivalentTo(Settings(inCompose)), deployment.Name());
            }
        });

        IEnumerable<string> Settings(IEnumerable<string> variables) =>
            variables.Select(variable => variable.Replace("_FILE", "", StringComparison.Ordinal)).Except(differing);
    }

    [Test]
    public void Should_find_members_that_Kubernetes_does_not_know() => Assert.That(
        () => new Release("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {port: 80}\n"),
        Throws.InstanceOf<YamlException>());

    [Test]
    public void Should_scale_by_the_queue_of_the_endpoint()
    {
        var queues = Releases["KEDA and the Gateway API"].Custom.Where(custom => (string)custom["kind"] == "ScaledObject")
            .Select(custom => (Dictionary<object, object>)((List<object>)((Dictionary<object, object>)custom["spec"])["triggers"])[0])
            .Select(trigger => ((Dictionary<object, object>)trigger["metadata"])["queueName"]);

        Assert.That(queues, Is.EquivalentTo(Topology.Services.Where(service => service.IsOnTheBus).Select(service => service.Assembly)));
    }

    [Test]
    public void Should_serve_the_gateway_where_the_public_comes_in()
    {
        var ingress = Releases["every switch"].All<V1Ingress>().Single().Spec;
        var route = (Dictionary<object, object>)Releases["KEDA and the Gateway API"]
            .Custom.Single(custom => (string)custom["kind"] == "HTTPRoute")["spec"];
        var backend = (Dictionary<object, object>)(
            (List<object>)((Dictionary<object, object>)((List<object>)route["rules"])[0])["backendRefs"])[0];

        Assert.Multiple(() =>
        {
            Assert.That(ingress.Rules.Single().Http.Paths.Single().Backend.Service.Name, Is.EqualTo("shop-gateway"));
            Assert.That(ingress.Tls.Single().Hosts, Is.EqualTo(new[] { ingress.Rules.Single().Host }));
            Assert.That(backend["name"], Is.EqualTo("shop-gateway"));
        });
    }

    [Test]
    public void Should_bring_the_alerts_that_are_tested()
    {
        var rule = Releases["every switch"].Custom.Single(custom => (string)custom["kind"] == "PrometheusRule");
        var groups = (List<object>)((Dictionary<object, object>)rule["spec"])["groups"];

        Assert.That(
            groups.Cast<Dictionary<object, object>>().Sum(group => ((List<object>)group["rules"]).Count),
            Is.EqualTo(System.Text.RegularExpressions.Regex.Count(Repository.Read(
                "infra/monitoring/prometheus/rules.yml"), "^ +- (alert|record): ",
                System.Text.RegularExpressions.RegexOptions.Multiline)));
    }

    private static Dictionary<string, string> Environment(V1PodSpec pod) =>
        pod.Containers.SelectMany(container => container.Env ?? []).ToDictionary(variable => variable.Name, variable => variable.Value);
}
