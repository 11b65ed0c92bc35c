using ShopSaga.Local.Verifying;
using ShopSaga.Tests.Simulation.Shop;

namespace ShopSaga.Tests.Simulation;

/// <summary>What must hold when the shop is idle: the invariants of the target Verify, and that nothing is left behind.</summary>
internal static class Books
{
    public const string ErrorQueue = "error";

    /// <summary>Returns what does not hold.</summary>
    public static async Task<IReadOnlyList<string>> Check(SimulatedShop shop)
    {
        var state = await SystemState.Read(shop.Databases.Open, CancellationToken.None);
        var broken = Invariants.Check(state)
            .SelectMany(invariant => invariant.Violations.Select(violation => $"{invariant.Name}: {violation}"))
            .ToList();
        foreach (var service in shop.Services.Select(service => service.Name).Distinct())
        {
            var undispatched = (await shop.Databases.Query<long>(
                service, $"""SELECT count(*) FROM "ShopSaga_{service}_OutboxData" WHERE NOT "Dispatched" """)).Single();
            if (undispatched > 0)
            {
                broken.Add($"{undispatched} outbox records of {service} have not left");
            }
        }

        if (shop.Broker.Depth(ErrorQueue) is > 0 and var failed)
        {
            broken.Add($"{failed} messages are in the error queue");
        }

        return broken;
    }
}
