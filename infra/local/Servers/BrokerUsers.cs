using System.Net.Http.Json;
using ShopSaga.Local.Layout;
using ShopSaga.Replaying;

namespace ShopSaga.Local.Servers;

/// <summary>
/// Gives each endpoint its own broker user with the permissions that the endpoint needs. docs/security.md lists what they do not prevent.
/// </summary>
internal static class BrokerUsers
{
    /// <summary>A regular expression that no routing key matches; the empty expression matches all.</summary>
    private const string Nothing = "^$";

    /// <summary>Regular expressions over the names of queues and exchanges, as RabbitMQ defines permissions.</summary>
    public sealed record Permissions(string Configure, string Write, string Read);

    /// <summary>Regular expressions over the routing keys of publications to, and of bindings from, a topic exchange.</summary>
    public sealed record TopicPermissions(string Exchange, string Write, string Read);

    /// <summary>amqp://user:password@host:port/ of an endpoint.</summary>
    public static string Address(string adminAddress, Service service, Func<string, string> secret) =>
        new UriBuilder(adminAddress) { UserName = service.Assembly, Password = Password(service, secret) }.Uri.AbsoluteUri;

    /// <summary>Creates users and permissions, and the topology that the users may not create.</summary>
    /// <param name="managementAddress">The broker's management API.</param>
    /// <param name="adminAddress">The broker.</param>
    /// <param name="secret">Returns the password of a name.</param>
    /// <param name="declareAll">Whether the services declare everything that they use, as NServiceBus does.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="Processes.CannotStartException">A queue has too low a delivery limit.</exception>
    public static async Task Create(
        string managementAddress, string adminAddress, Func<string, string> secret, bool declareAll, CancellationToken cancellationToken)
    {
        var virtualHost = VirtualHostOf(adminAddress);
        using var http = ManagementApi.Client(managementAddress);
        await BrokerTopology.Create(adminAddress, cancellationToken);
        foreach (var service in Topology.Services.Where(service => service.HasBrokerUser))
        {
            var permissions = PermissionsOf(service, declareAll);

            // The tag lets it see the queues of its virtual host in the management API: lengths and rates, no messages.
            var tags = service.ReturnsFailedMessages ? "management" : "";
            await Put(http, $"api/users/{service.Assembly}", new { password = Password(service, secret), tags }, cancellationToken);
            await Put(
                http,
                $"api/permissions/{virtualHost}/{service.Assembly}",
                new { permissions.Configure, permissions.Write, permissions.Read },
                cancellationToken);
            await Task.WhenAll((service.IsOnTheBus ? TopicPermissionsOf(service, declareAll) : []).Select(topic => Put(
                http,
                $"api/topic-permissions/{virtualHost}/{service.Assembly}",
                new { topic.Exchange, topic.Write, topic.Read },
                cancellationToken)));
        }

        await Put(http, $"api/policies/{virtualHost}/{BrokerPolicy.Name}", BrokerPolicy.Body, cancellationToken);
        await BrokerPolicy.Check(http, virtualHost, cancellationToken);
    }

    /// <summary>ServiceControl makes queues of its own, reads failed messages and puts them back into any endpoint's queue.</summary>
    public static async Task CreateServiceControl(
        string managementAddress, string adminAddress, string password, CancellationToken cancellationToken)
    {
        using var http = ManagementApi.Client(managementAddress);
        await Put(http, "api/users/servicecontrol", new { password, tags = "monitoring" }, cancellationToken);
        await Put(
            http,
            $"api/permissions/{VirtualHostOf(adminAddress)}/servicecontrol",
            new { configure = ".*", write = ".*", read = ".*" },
            cancellationToken);
    }

    public static Permissions PermissionsOf(Service service, bool declareAll = false) =>
        service.ReturnsFailedMessages ? PermissionsToReturn() : PermissionsOfEndpoint(service, declareAll);

    /// <summary>
    /// Reads the error queue; writes to the endpoints' exchanges, where it returns messages, and to the default one, by which a message
    /// that stays goes to the end of the error queue; makes nothing but the lock.
    /// </summary>
    private static Permissions PermissionsToReturn() => new(
        Configure: OneOf([Literal(ErrorQueue.LockOf(ErrorQueue.DefaultName))]),
        Write: OneOf(
            [@"amq\.default", .. Topology.Services.Where(service => service.IsOnTheBus).Select(service => Literal(service.Assembly))]),
        Read: OneOf([ErrorQueue.DefaultName]));

    /// <summary>
    /// Configure lets a user declare, and also delete. Write lets it publish to an exchange, and bind the exchange or queue of that name to
    /// another. Read lets it consume from a queue, and bind to the exchange of that name. So an endpoint may
    /// <code>
    ///   configure  its own queue and exchanges
    ///   write      the same; error, audit and ServiceControl's queues; delays (with its own key, see below); the base types, to bind them
    ///              to its events
    ///   read       the same; the events it reacts to; the delivery exchange of delays (with its own key)
    /// </code>
    /// </summary>
    private static Permissions PermissionsOfEndpoint(Service service, bool declareAll)
    {
        string[] own = [$@"{Literal(service.Assembly)}([.-].+)?", .. service.Publishes.Select(name => Exchange(service, name))];
        string[] subscriptions =
            [.. service.ReactsTo.Select(name => Exchange(Topology.PublisherOf(name), name))];
        string[] shared = declareAll ? [ErrorQueue.DefaultName, "audit", @"nsb\.v2\..+"] : [];
        string[] baseTypes = ["System:.+"];
        return new Permissions(
            Configure: OneOf([.. own, .. shared, .. declareAll ? [.. subscriptions, .. baseTypes] : Array.Empty<string>()]),
            Write: OneOf(
                [.. own, .. shared, ErrorQueue.DefaultName, "audit", @"Particular\..+", @"nsb\.v2\.delay-level-\d\d", .. baseTypes]),
            Read: OneOf([.. own, .. shared, .. subscriptions, Literal(BrokerTopology.DelayDelivery)]));
    }

    /// <summary>
    /// The routing key of a delayed message is its delay in 28 bits, and its destination: only the endpoint itself. The keys that connect
    /// the levels have no destination; a user that may bind with them receives the delayed messages of all.
    /// </summary>
    public static IEnumerable<TopicPermissions> TopicPermissionsOf(Service service, bool declareAll = false) =>
    [
        new(BrokerTopology.DelayDelivery, Write: Nothing, Read: $@"^#\.{Literal(service.Assembly)}$"),
        .. Enumerable.Range(0, BrokerTopology.DelayLevels).Select(level => new TopicPermissions(
            BrokerTopology.DelayLevel(level),
            Write: $@"^([01]\.){{{BrokerTopology.DelayLevels}}}{Literal(service.Assembly)}$",
            Read: declareAll ? @"^(\*\.)*[01]\.#$" : Nothing)),
    ];

    private static async Task Put(HttpClient http, string path, object body, CancellationToken cancellationToken)
    {
        using var answer = await http.PutAsJsonAsync(path, body, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    public static string VirtualHostOf(string address) => Uri.EscapeDataString(
        new Uri(address).AbsolutePath is "/" or "" ? "/" : new Uri(address).AbsolutePath[1..]);

    private static string Exchange(Service owner, string name) => Literal(BrokerTopology.EventExchange(owner, name));

    private static string Literal(string name) => name.Replace(".", @"\.", StringComparison.Ordinal);

    private static string OneOf(string[] names) => $"^({string.Join('|', names)})$";

    private static string Password(Service service, Func<string, string> secret) => secret("broker-" + service.Name);
}
