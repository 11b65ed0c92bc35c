using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using ShopSaga.Local.Data;
using ShopSaga.Local.Layout;

namespace ShopSaga.Local.Servers;

/// <summary>Gives each endpoint its own broker user with the permissions that the endpoint needs.</summary>
internal static class BrokerUsers
{
    /// <summary>Regular expressions over the names of queues and exchanges, as RabbitMQ defines permissions.</summary>
    public sealed record Permissions(string Configure, string Write, string Read);

    /// <summary>amqp://user:password@host:port/ of an endpoint.</summary>
    public static string Address(string adminAddress, Service service, DataFolder folder) =>
        new UriBuilder(adminAddress) { UserName = service.Assembly, Password = Password(service, folder) }.Uri.AbsoluteUri;

    public static async Task Create(string managementAddress, string adminAddress, DataFolder folder, CancellationToken cancellationToken)
    {
        var virtualHost = Uri.EscapeDataString(Uri.UnescapeDataString(new Uri(adminAddress).AbsolutePath) is "/" or "" ? "/" : new Uri(adminAddress).AbsolutePath[1..]);
        using var http = Client(new Uri(managementAddress));
        foreach (var service in Topology.Services.Where(service => service.IsOnTheBus))
        {
            var permissions = PermissionsOf(service);
            await Put($"api/users/{service.Assembly}", new { password = Password(service, folder), tags = "" });
            await Put($"api/permissions/{virtualHost}/{service.Assembly}", new { permissions.Configure, permissions.Write, permissions.Read });
        }

        async Task Put(string path, object body)
        {
            using var answer = await http.PutAsJsonAsync(path, body, cancellationToken);
            answer.EnsureSuccessStatusCode();
        }
    }

    public static Permissions PermissionsOf(Service service)
    {
        // Its queue and exchange; where failed and audited messages and ServiceControl's go; delays; what every type's exchange is bound to.
        string[] own = [$@"{Literal(service.Assembly)}([.-].+)?", "error", "audit", @"Particular\..+", @"nsb\.v2\..+", "System:.+"];
        string[] published = [.. service.Publishes.Select(name => Exchange(service, name))];
        string[] heard = [.. service.ReactsTo.Select(name => Exchange(Topology.Services.Single(other => other.Publishes.Contains(name)), name))];
        return new Permissions(
            Configure: OneOf([.. own, .. published, .. heard]),
            Write: OneOf([.. own, .. published]),
            Read: OneOf([.. own, .. published, .. heard]));
    }

    private static string Exchange(Service owner, string name) => Literal($"ShopSaga.Contracts.{owner.Name}:{name}");

    private static string Literal(string name) => name.Replace(".", @"\.", StringComparison.Ordinal);

    private static string OneOf(string[] names) => $"^({string.Join('|', names)})$";

    private static string Password(Service service, DataFolder folder) => folder.Secret("broker-" + service.Name);

    private static HttpClient Client(Uri address) => new()
    {
        BaseAddress = new UriBuilder(address) { UserName = "", Password = "" }.Uri,
        DefaultRequestHeaders =
        {
            Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo)))),
        },
    };
}
