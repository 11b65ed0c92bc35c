using ShopSaga.Hosting;

namespace ShopSaga.Orders.Placing;

/// <summary>When new orders are refused.</summary>
/// <param name="MaxTimeToFinal">
/// How long orders may take until they are final before new ones are refused. Waiting that load does not cause, as for a slow provider,
/// does not count.
/// </param>
/// <param name="MaxOpen">How many orders may be open, also while a service is away and none becomes final.</param>
internal sealed record AdmissionPolicy(TimeSpan MaxTimeToFinal, int MaxOpen)
{
    /// <summary>Reads <c>Orders:MaxTimeToFinal</c>, 5 seconds by default, and <c>Orders:MaxOpen</c>, 100,000 by default.</summary>
    /// <exception cref="InvalidOperationException">
    /// One is not a time span from a second to a year, the other not a number from 1 to 10,000,000.
    /// </exception>
    public static AdmissionPolicy From(IConfiguration configuration) => new(
        configuration.Time("Orders:MaxTimeToFinal", TimeSpan.FromSeconds(5), min: TimeSpan.FromSeconds(1), max: TimeSpan.FromDays(365)),
        configuration.Number("Orders:MaxOpen", 100_000, min: 1, max: 10_000_000));
}
