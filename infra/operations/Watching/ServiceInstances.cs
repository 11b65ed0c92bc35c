using System.Net;
using System.Net.Sockets;
using ShopSaga.Hosting;

namespace ShopSaga.Operations.Watching;

/// <summary>
/// The instances of the services of <c>Services:NAME</c>: every address that is listed, and every address that a name stands for, such as
/// the pods behind a headless service.
/// </summary>
internal sealed class ServiceInstances(IConfiguration configuration)
{
    private readonly (string Service, Uri[] Addresses)[] _services =
    [
        .. configuration.GetSection("Services").GetChildren().Select(section =>
            (section.Key, configuration.Addresses(section.Path))),
    ];

    /// <summary>Each service with its instances, in the order of the names.</summary>
    public async Task<IReadOnlyList<(string Service, IReadOnlyList<Uri> Instances)>> Find(CancellationToken cancellationToken) =>
        await Task.WhenAll(_services.Select(async service =>
        {
            var instances = await Task.WhenAll(service.Addresses.Select(address => Resolve(address, cancellationToken)));
            return (service.Service, (IReadOnlyList<Uri>)[.. instances.SelectMany(each => each)]);
        }));

    private static async Task<IEnumerable<Uri>> Resolve(Uri address, CancellationToken cancellationToken)
    {
        if (address.HostNameType is not UriHostNameType.Dns)
        {
            return [address];
        }

        try
        {
            var found = await Dns.GetHostAddressesAsync(address.DnsSafeHost, AddressFamily.InterNetwork, cancellationToken);
            return found.Length == 0
                ? [address]
                : found.Select(each => new UriBuilder(address) { Host = each.ToString() }.Uri).OrderBy(each => each.Host).ToList();
        }
        catch (SocketException)
        {
            // No instance has the name: it is shown as unreachable.
            return [address];
        }
    }
}
