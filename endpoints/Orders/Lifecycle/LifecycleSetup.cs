using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Contracts.Users;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Hosting.Monitoring;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>Registers the handlers of an order's events and their services.</summary>
internal static class LifecycleSetup
{
    /// <exception cref="InvalidOperationException">A time is configured wrongly; the message says what to set.</exception>
    public static WebApplicationBuilder AddLifecycle(this WebApplicationBuilder builder)
    {
        var expiry = ExpiryPolicy.From(builder.Configuration);
        builder.Services.AddSingleton(expiry);
        builder.Services.AddSingleton(OverduePolicy.From(builder.Configuration, expiry));
        builder.Services.AddHostedService<OverdueOrders>();
        builder.Services.AddSingleton<StatusNotifications>();
        builder.Services.AddDatabaseGauge(OrderMetrics.Open);
        return builder;
    }

    /// <summary>Registers the handlers. Messages are locked by the id of what they are about: an order, a product or a user.</summary>
    public static void AddLifecycle(this EndpointConfiguration endpoint, IConfiguration configuration)
    {
        endpoint.AddHandler<MoveOrderHandler>();
        endpoint.AddSaga<OrderLifecycle>();
        endpoint.HandleInGroups(configuration, message => message switch
        {
            WatchOrder watch => watch.OrderId,
            OrderExpired expired => expired.OrderId,
            StockReserved reserved => reserved.OrderId,
            StockRejected rejected => rejected.OrderId,
            StockReleased released => released.OrderId,
            StockCommitted committed => committed.OrderId,
            PaymentCompleted completed => completed.OrderId,
            PaymentFailed failed => failed.OrderId,
            PaymentRefunded refunded => refunded.OrderId,
            ProductListed listed => listed.ProductId,
            ProductPriceChanged changed => changed.ProductId,
            ProductWithdrawn withdrawn => withdrawn.ProductId,
            AccountClosed closed => closed.UserId,
            _ => null,
        });
    }
}
