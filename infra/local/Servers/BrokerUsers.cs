using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using ShopSaga.Local.Layout;
using ShopSaga.Replaying;

namespace ShopSaga.Local.Servers;

/// <summary>Gives each endpoint its own broker user with the permissions that the endpoint needs.</summary>
internal static class BrokerUsers
{
    /// <summary>Regular expressions over the names of queues and exchanges, as RabbitMQ defines permissions.</summary>
    public sealed record Permissions(string Configure, string Write, string Read);

    /// <summary>amqp://user:password@host:port/ of an endpoint.</summary>
    public static string Address(string adminAddress, Service service, Func<string, string> secret) =>
        new UriBuilder(adminAddress) { UserName = service.Assembly, Password = Password(service, secret) }.Uri.AbsoluteUri;

    public static async Task Create(
        string managementAddress, string adminAddress, Func<string, string> secret, CancellationToken cancellationToken)
    {
        var virtualHost = VirtualHostOf(adminAddress);
        using var http = Client(new Uri(managementAddress));
        foreach (var service in Topology.Services.Where(service => service.HasBrokerUser))
        {
            var permissions = PermissionsOf(service);

            // The tag lets it see the queues of its virtual host in the management API: lengths and rates, no messages.
            var tags = service.ReturnsFailedMessages ? "management" : "";
            await Put(http, $"api/users/{service.Assembly}", new { password = Password(service, secret), tags }, cancellationToken);
            await Put(
                http,
                $"api/permissions/{virtualHost}/{service.Assembly}",
                new { permissions.Configure, permissions.Write, permissions.Read },
                cancellationToken);
        }

        await Put(http, $"api/policies/{virtualHost}/{BrokerPolicy.Name}", BrokerPolicy.Body, cancellationToken);
    }

    /// <summary>ServiceControl makes queues of its own, reads failed messages and puts them back into any endpoint's queue.</summary>
    public static async Task CreateServiceControl(
        string managementAddress, string adminAddress, string password, CancellationToken cancellationToken)
    {
        using var http = Client(new Uri(managementAddress));
        await Put(http, "api/users/servicecontrol", new { password, tags = "monitoring" }, cancellationToken);
        await Put(
            http,
            $"api/permissions/{VirtualHostOf(adminAddress)}/servicecontrol",
            new { configure = ".*", write = ".*", read = ".*" },
            cancellationToken);
    }

    public static Permissions PermissionsOf(Service service) =>
        service.ReturnsFailedMessages ? PermissionsToReturn() : PermissionsOfEndpoint(service);

    /// <summary>
    /// Reads the error queue; writes to the endpoints' exchanges, where it returns messages, and to the default one, by which a message
    /// that stays goes to the end of the error queue; makes nothing but the lock.
    /// </summary>
    private static Permissions PermissionsToReturn() => new(
        Configure: OneOf([Literal(ErrorQueue.LockOf(ErrorQueue.DefaultName))]),
        Write: OneOf(
            [@"amq\.default", .. Topology.Services.Where(service => service.IsOnTheBus).Select(service => Literal(service.Assembly))]),
        Read: OneOf([ErrorQueue.DefaultName]));

    private static Permissions PermissionsOfEndpoint(Service service)
    {
        // Its queue and exchange; error, audit and ServiceControl's queues; delays; the exchange that every type's exchange is bound to.
        string[] own = [$@"{Literal(service.Assembly)}([.-].+)?", "error", "audit", @"Particular\..+", @"nsb\.v2\..+", "System:.+"];
        string[] published = [.. service.Publishes.Select(name => Exchange(service, name))];
        string[] heard =
            [.. service.ReactsTo.Select(name => Exchange(Topology.Services.Single(other => other.Publishes.Contains(name)), name))];
        return new Permissions(
            Configure: OneOf([.. own, .. published, .. heard]),
            Write: OneOf([.. own, .. published]),
            Read: OneOf([.. own, .. published, .. heard]));
    }

    private static async Task Put(HttpClient http, string path, object body, CancellationToken cancellationToken)
    {
        using var answer = await http.PutAsJsonAsync(path, body, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    private static string VirtualHostOf(string address) => Uri.EscapeDataString(
        new Uri(address).AbsolutePath is "/" or "" ? "/" : new Uri(address).AbsolutePath[1..]);

    private static string Exchange(Service owner, string name) => Literal($"ShopSaga.Contracts.{owner.Name}:{name}");

    private static string Literal(string name) => name.Replace(".", @"\.", StringComparison.Ordinal);

    private static string OneOf(string[] names) => $"^({string.Join('|', names)})$";

    private static string Password(Service service, Func<string, string> secret) => secret("broker-" + service.Name);

    private static HttpClient Client(Uri address) => new()
    {
        BaseAddress = new UriBuilder(address) { UserName = "", Password = "" }.Uri,
        DefaultRequestHeaders =
        {
            Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo)))),
        },
    };
}
