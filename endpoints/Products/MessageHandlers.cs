using ShopSaga.Hosting.Messaging;
using ShopSaga.Products.Announcing;
using ShopSaga.Products.Committing;
using ShopSaga.Products.Releasing;
using ShopSaga.Products.Reserving;

namespace ShopSaga.Products;

/// <summary>All handlers of Products, and what groups of their messages lock.</summary>
internal static class MessageHandlers
{
    public static void AddHandlers(this EndpointConfiguration endpoint, IConfiguration configuration)
    {
        endpoint.AddHandler<ReserveStockHandler>();
        endpoint.AddHandler<ReleaseStockHandler>();
        endpoint.AddHandler<CommitStockHandler>();
        endpoint.AddHandler<AnnounceCatalogueHandler>();
        endpoint.HandleInGroups(configuration, ReservationLocks.OrderOf, ReservationLocks.LockProducts);
    }
}
