using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Http;
using ShopSaga.Orders.Cancelling;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Orders.Placing;
using ShopSaga.Orders.Pricing;

namespace ShopSaga.Tests.Endpoints.Support;

/// <summary>Orders on a database, with a transaction for each message and request. Each call gives what it published.</summary>
internal sealed class OrdersInTransactions(TestDatabase database, TimeProvider time)
{
    public const long Buyer = 7;

    public static readonly ExpiryPolicy Expiry = new(TimeSpan.FromMinutes(15));

    private readonly MoveOrderHandler _handler = new(Expiry, new StatusNotifications(), time, NullLogger<MoveOrderHandler>.Instance);

    public async Task<OrderPlaced> Place(IReadOnlyList<QuotedLine> lines, string paymentMethod, DateTimeOffset at)
    {
        await using var session = new TestableTransactionalSession(database.Source);
        await session.Open(new SqlPersistenceOpenSessionOptions());
        await session.InsertOrder(Buyer, new Quote(lines), paymentMethod, Expiry, at, CancellationToken.None);
        await session.Commit();
        return session.Published.OfType<OrderPlaced>().Single();
    }

    /// <summary>The customer's request, with the status code of its answer.</summary>
    public async Task<(int? StatusCode, IReadOnlyList<object> Published)> Cancel(long orderId)
    {
        await using var session = new TestableTransactionalSession(database.Source);
        var answer = await CancelOrder.Handle(
            orderId,
            new Caller(Buyer, IsAdmin: false),
            session,
            new StatusNotifications(),
            time,
            NullLogger<CancelOrder>.Instance,
            CancellationToken.None);
        return (((IStatusCodeHttpResult)answer.Result).StatusCode, [.. session.Published]);
    }

    public async Task<IReadOnlyList<object>> Handle(object message)
    {
        await using var session = await TestSqlSession.Begin(database.Source);
        var context = new TestableMessageHandlerContext { SynchronizedStorageSession = session };
        await (message switch
        {
            WatchOrder watch => _handler.Handle(watch, context),
            StockReserved reserved => _handler.Handle(reserved, context),
            StockRejected rejected => _handler.Handle(rejected, context),
            StockReleased released => _handler.Handle(released, context),
            StockCommitted committed => _handler.Handle(committed, context),
            PaymentCompleted completed => _handler.Handle(completed, context),
            PaymentFailed failed => _handler.Handle(failed, context),
            PaymentRefunded refunded => _handler.Handle(refunded, context),
            _ => throw new ArgumentException("Orders does not handle it.", nameof(message)),
        });
        await session.Commit();
        return [.. context.PublishedMessages.Select(published => published.Message)];
    }
}
