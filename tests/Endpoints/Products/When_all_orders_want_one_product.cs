using System.Diagnostics;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using ShopSaga.Contracts.Orders;
using ShopSaga.Products;
using ShopSaga.Tests.Endpoints.Support;
using static ShopSaga.Tests.Endpoints.Products.Events;

namespace ShopSaga.Tests.Endpoints.Products;

/// <summary>The whole service, with its queue: orders for one product, against as many orders over a thousand products.</summary>
internal sealed class When_all_orders_want_one_product
{
    private const int Rounds = 3;
    private const int OrdersOfRound = 200;
    private const int Products = 1_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private ServiceApp<Product> _app = null!;
    private NpgsqlDataSource _database = null!;
    private long _lastOrder;

    [SetUp]
    public async Task Start()
    {
        _app = await ServiceApp<Product>.Start();
        _database = NpgsqlDataSource.Create(_app.Database);
        await Until(async () => (await _app.Anonymous().GetAsync("/health/ready")).IsSuccessStatusCode);
        await using var connection = await _database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            INSERT INTO products (name, category, price, stock_quantity, listed_at)
            SELECT 'Lamp', 'Light', 1000, 1000, now() FROM generate_series(1, @Products);
            INSERT INTO stock_changes (product_id, delta, changed_at) SELECT id, stock_quantity, listed_at FROM products
            """,
            new { Products });
    }

    [TearDown]
    public async Task Stop()
    {
        await _database.DisposeAsync();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task Should_still_sell_at_a_speed_that_is_of_the_same_order()
    {
        await Sell(_ => 1);
        var (hot, spread) = (TimeSpan.Zero, TimeSpan.Zero);
        for (var round = 0; round < Rounds; round++)
        {
            hot += await Sell(_ => 1);
            spread += await Sell(order => 1 + (order % Products));
        }

        var ratio = spread / hot;
        await TestContext.Out.WriteLineAsync(
            $"{Speed(hot):0} orders/s for one product, {Speed(spread):0} over {Products}: a ratio of {ratio:0.00}.");
        Assert.That(await Reserved(after: 0), Is.EqualTo(_lastOrder), "all there is enough for");
        Assert.That(ratio, Is.GreaterThan(0.2));
    }

    private static double Speed(TimeSpan took) => Rounds * OrdersOfRound / took.TotalSeconds;

    /// <summary>Lets the orders pile up in the queue, then takes the time until all of them are decided.</summary>
    private async Task<TimeSpan> Sell(Func<long, long> productOf)
    {
        var session = _app.Services.GetRequiredService<IMessageSession>();
        var first = _lastOrder;
        Stopwatch clock;
        await using (var connection = await _database.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await connection.ExecuteAsync("LOCK TABLE reservations IN EXCLUSIVE MODE");
            await Task.WhenAll(Enumerable.Range(0, OrdersOfRound).Select(_ => session.Publish(Order(++_lastOrder))));
            clock = Stopwatch.StartNew();
            await transaction.CommitAsync();
        }

        await Until(async () => await Reserved(after: first) == OrdersOfRound);
        return clock.Elapsed;

        OrderPlaced Order(long id) => Placed(id, (productOf(id), 1));
    }

    private async Task<long> Reserved(long after)
    {
        await using var connection = await _database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>(
            "SELECT count(*) FROM reservations WHERE state = 'RESERVED' AND order_id > @after", new { after });
    }

    private static async Task Until(Func<Task<bool>> condition)
    {
        using var giveUp = new CancellationTokenSource(Patience);
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, giveUp.Token);
        }
    }
}
