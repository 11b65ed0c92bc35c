using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Operations.Watching;

/// <summary>GET /operations/services: asks every instance of every service for its health.</summary>
internal static class ReadServices
{
    public static async Task<Ok<ItemsOf<ServiceHealth>>> Handle(
        ServiceInstances instances, InstanceProbe probe, CancellationToken cancellationToken)
    {
        var services = await Task.WhenAll((await instances.Find(cancellationToken)).Select(async service => new ServiceHealth(
            service.Service, await Task.WhenAll(service.Instances.Select(each => probe.Health(each, cancellationToken))))));
        return TypedResults.Ok(new ItemsOf<ServiceHealth>(services, NextCursor: null));
    }
}
