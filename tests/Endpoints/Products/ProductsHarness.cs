using Microsoft.Extensions.Logging.Abstractions;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting;
using ShopSaga.Products;
using ShopSaga.Products.Caching;
using ShopSaga.Products.Committing;
using ShopSaga.Products.Releasing;
using ShopSaga.Products.Reserving;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Products;

/// <summary>The handlers of Products on a database of its own, each message in its own transaction.</summary>
internal sealed class ProductsHarness : IAsyncDisposable
{
    private readonly RedisConnection _redis = new(TestRedis.Address);
    private readonly TestDatabase _database;

    private readonly ProductCache _cache;

    private ProductsHarness(TestDatabase database)
    {
        _database = database;
        _cache = new ProductCache(_redis, TimeProvider.System, NullLogger<ProductCache>.Instance);
    }

    public static async Task<ProductsHarness> Open()
    {
        await TestRedis.Clear();
        return new ProductsHarness(await TestDatabase.Create(typeof(ReserveStockHandler).Assembly));
    }

    public Task<long> List(int stock) => Query<long>(
        """
        WITH product AS (
            INSERT INTO products (name, category, price, stock_quantity, listed_at)
            VALUES ('Lamp', 'Light', 1000, @stock, now()) RETURNING *),
        first AS (INSERT INTO stock_changes (product_id, delta, changed_at) SELECT id, stock_quantity, listed_at FROM product)
        SELECT id FROM product
        """,
        new { stock });

    public Task<int> ChangeStock(long productId, int delta) => Query<int>(
        """
        WITH change AS (INSERT INTO stock_changes (product_id, delta, changed_at) VALUES (@productId, @delta, now()))
        UPDATE products SET stock_quantity = stock_quantity + @delta WHERE id = @productId RETURNING stock_quantity
        """,
        new { productId, delta });

    /// <summary>Handles a message and gives what was published; what failed left nothing behind.</summary>
    public async Task<IReadOnlyList<object>> Handle(object message)
    {
        await using var session = await TestSqlSession.Begin(_database.Source);
        var context = new TestableMessageHandlerContext { SynchronizedStorageSession = session };
        var stock = new StockRows(_cache);
        var reserve = new ReserveStockHandler(stock, TimeProvider.System, NullLogger<ReserveStockHandler>.Instance);
        var commit = new CommitStockHandler(TimeProvider.System, NullLogger<CommitStockHandler>.Instance);
        var release = new ReleaseStockHandler(stock, TimeProvider.System, NullLogger<ReleaseStockHandler>.Instance);
        await (message switch
        {
            OrderPlaced placed => reserve.Handle(placed, context),
            OrderCancelled cancelled => release.Handle(cancelled, context),
            PaymentFailed failed => release.Handle(failed, context),
            OrderConfirmed confirmed => commit.Handle(confirmed, context),
            _ => throw new ArgumentException("Products does not handle it.", nameof(message)),
        });
        await session.Commit();
        return [.. context.PublishedMessages.Select(published => published.Message)];
    }

    public Task<int> Stock(long productId) => Query<int>("SELECT stock_quantity FROM products WHERE id = @productId", new { productId });

    /// <summary>The stock as GET /products/{id} would show it.</summary>
    public async Task<int?> StockOnThePage(long productId)
    {
        var sql = $"SELECT {Product.Columns} FROM products WHERE id = @productId";
        return (await _cache.Get(productId, async () => await Query<Product>(sql, new { productId })))?.StockQuantity;
    }

    public Task<string?> State(long orderId) =>
        Query<string?>("SELECT state FROM reservations WHERE order_id = @orderId UNION ALL SELECT NULL LIMIT 1", new { orderId });

    /// <summary>Stock at start and all changes = stock now + reserved + committed, for every product.</summary>
    public async Task AssertBooksBalance() => Assert.That(
        await Query<long>(
            """
            SELECT count(*)
            FROM products
            LEFT JOIN LATERAL (SELECT sum(delta) AS put FROM stock_changes WHERE product_id = products.id) AS changes ON true
            LEFT JOIN LATERAL (
                SELECT coalesce(sum(quantity), 0) AS held
                FROM reservation_lines JOIN reservations USING (order_id)
                WHERE product_id = products.id AND state IN ('RESERVED', 'COMMITTED')) AS orders ON true
            WHERE put IS DISTINCT FROM stock_quantity + held
            """),
        Is.Zero,
        "products whose books do not balance");

    public Task<T> Query<T>(string sql, object? parameters = null) => _database.QuerySingle<T>(sql, parameters);

    public async ValueTask DisposeAsync()
    {
        _redis.Dispose();
        await _database.DisposeAsync();
    }
}
