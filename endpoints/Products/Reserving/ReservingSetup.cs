using ShopSaga.Hosting.Messaging;

namespace ShopSaga.Products.Reserving;

internal static class ReservingSetup
{
    /// <summary>
    /// Registers the handler that reserves, and what groups lock. Every message of Products that has an order changes its reservation, so
    /// this holds for the messages of all its handlers.
    /// </summary>
    public static void AddReserving(this EndpointConfiguration endpoint, IConfiguration configuration)
    {
        endpoint.AddHandler<ReserveStockHandler>();
        endpoint.HandleInGroups(configuration, ReservationLocks.OrderOf, ReservationLocks.LockProducts);
    }
}
