using System.Text.Json.Serialization;

namespace ShopSaga.Operations.Watching;

/// <summary>A service with its instances.</summary>
internal sealed record ServiceHealth(string Service, IReadOnlyList<InstanceHealth> Instances);

/// <summary>An instance, by the address at which it was asked, and its health checks.</summary>
internal sealed record InstanceHealth(string Address, InstanceState State, IReadOnlyDictionary<string, string> Checks);

/// <summary>What an instance says of itself.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<InstanceState>))]
internal enum InstanceState
{
    HEALTHY,
    DEGRADED,
    UNHEALTHY,
    UNREACHABLE,
}
