using k8s;
using k8s.Models;
using YamlDotNet.Serialization;

namespace ShopSaga.Tests.Containers.Support;

/// <summary>What Helm rendered, as the types of the Kubernetes API.</summary>
internal sealed class Release
{
    // Of other projects: the API's types do not have them.
    private static readonly string[] CustomKinds = ["HTTPRoute", "PodMonitor", "PrometheusRule", "ScaledObject"];

    private static readonly IDeserializer Yaml = new DeserializerBuilder().Build();

    private readonly List<object> _objects = [];

    /// <exception cref="Exception">A document has a member that the API does not know, or one of another type.</exception>
    public Release(string text)
    {
        foreach (var document in text.Split("\n---\n").Where(document => document.Contains("kind:", StringComparison.Ordinal)))
        {
            var plain = Yaml.Deserialize<Dictionary<string, object>>(document);
            if (CustomKinds.Contains((string)plain["kind"]))
            {
                Custom.Add(plain);
            }
            else
            {
                _objects.AddRange(KubernetesYaml.LoadAllFromString(document, strict: true));
            }
        }
    }

    /// <summary>Objects of kinds that an operator in the cluster adds.</summary>
    public List<Dictionary<string, object>> Custom { get; } = [];

    public IEnumerable<IKubernetesObject<V1ObjectMeta>> Objects => _objects.Cast<IKubernetesObject<V1ObjectMeta>>();

    /// <summary>Every pod that the release makes, by the name of the object that makes it.</summary>
    public IEnumerable<(string Name, V1ObjectMeta? Metadata, V1PodSpec Spec)> Pods =>
        All<V1Deployment>().Select(made => (made.Name(), made.Spec.Template.Metadata, made.Spec.Template.Spec))
            .Concat(All<V1Job>().Select(made => (made.Name(), made.Spec.Template.Metadata, made.Spec.Template.Spec)))
            .Concat(All<V1Pod>().Select(made => (made.Name(), made.Metadata, made.Spec)))!;

    /// <param name="values">In the form of <c>--set-json</c>; what the chart requires is given already.</param>
    public static async Task<Release> Of(params string[] values) =>
        new(await Helm.Template(["url=\"https://shop.example.com\"", "redis.address=\"redis:6379\"", .. values]));

    public IEnumerable<T> All<T>() => _objects.OfType<T>();

    public T One<T>(string name)
        where T : IKubernetesObject<V1ObjectMeta> => All<T>().Single(each => each.Name() == name);
}
