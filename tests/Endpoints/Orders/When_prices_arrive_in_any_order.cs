using ShopSaga.Contracts.Products;
using ShopSaga.Orders.Pricing;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Orders;

internal sealed class When_prices_arrive_in_any_order
{
    private readonly PriceListHandler _priceList = new();
    private TestDatabase _database = null!;

    [OneTimeSetUp]
    public async Task Start() => _database = await TestDatabase.Create(typeof(PriceListHandler).Assembly);

    [OneTimeTearDown]
    public ValueTask Stop() => _database.DisposeAsync();

    [Test]
    public async Task Should_end_with_the_newest_name_and_price_however_the_events_arrive()
    {
        foreach (var (index, order) in Permutations(4).Index())
        {
            await Apply(index, order);

            Assert.That(await RowOf(index), Is.EqualTo("Desk lamp|700|false|4"), string.Join(',', order));
        }

        Task Apply(long product, int[] order) => HandleAll(order.Select(number => (object)(number switch
        {
            0 => new ProductListed(product, "Lamp", "Light", 500, 1),
            1 => new ProductPriceChanged(product, 600, 2),
            2 => new ProductListed(product, "Desk lamp", "Light", 650, 3),
            _ => new ProductPriceChanged(product, 700, 4),
        })));
    }

    [Test]
    public async Task Should_end_withdrawn_at_its_last_price_however_the_events_arrive()
    {
        foreach (var (index, order) in Permutations(3).Index())
        {
            var product = 100 + index;
            await HandleAll(order.Select(number => (object)(number switch
            {
                0 => new ProductListed(product, "Lamp", "Light", 500, 1),
                1 => new ProductPriceChanged(product, 600, 2),
                _ => new ProductWithdrawn(product, 3),
            })));

            Assert.That(await RowOf(product), Is.EqualTo("Lamp|600|true|3"), string.Join(',', order));
        }
    }

    [Test]
    public async Task Should_know_again_what_it_lost_when_the_catalogue_is_announced_however_the_events_arrive()
    {
        const long sold = 200, withdrawn = 201;
        object[] announced =
        [
            new ProductListed(sold, "Desk lamp", "Light", 700, 9),
            new ProductWithdrawn(withdrawn, 12),
            new ProductListed(withdrawn, "Candle", "Light", 300, 1),
        ];
        foreach (var order in Permutations(announced.Length))
        {
            await Forget();
            await HandleAll(order.Select(number => announced[number]));

            Assert.That(await RowOf(sold), Is.EqualTo("Desk lamp|700|false|9"), string.Join(',', order));
            Assert.That(await RowOf(withdrawn), Is.EqualTo("Candle|300|true|12"), string.Join(',', order));
        }

        Task Forget() => _database.Query<int>("DELETE FROM price_list WHERE product_id IN (200, 201) RETURNING 1");
    }

    [Test]
    public async Task Should_not_put_a_withdrawn_product_on_sale_again_when_the_catalogue_is_announced()
    {
        await HandleAll([new ProductListed(202, "Candle", "Light", 300, 1), new ProductWithdrawn(202, 5)]);

        await HandleAll([new ProductListed(202, "Candle", "Light", 300, 1)]);

        Assert.That(await RowOf(202), Is.EqualTo("Candle|300|true|5"));
    }

    private async Task HandleAll(IEnumerable<object> events)
    {
        var all = events.ToList();
        foreach (var message in all.SelectMany(message => new[] { message, message }).Concat(all))
        {
            await using var session = await TestSqlSession.Begin(_database.Source);
            var context = new TestableMessageHandlerContext { SynchronizedStorageSession = session };
            await (message switch
            {
                ProductListed listed => _priceList.Handle(listed, context),
                ProductPriceChanged changed => _priceList.Handle(changed, context),
                ProductWithdrawn withdrawn => _priceList.Handle(withdrawn, context),
                _ => throw new ArgumentOutOfRangeException(nameof(events)),
            });
            await session.Commit();
        }
    }

    private async Task<string> RowOf(long product) => (await _database.Query<string>(
        "SELECT concat_ws('|', name, price, withdrawn::text, version) FROM price_list WHERE product_id = @product",
        new { product })).Single();

    private static IEnumerable<int[]> Permutations(int count) => count == 0
        ? [[]]
        : Permutations(count - 1).SelectMany(shorter =>
            Enumerable.Range(0, count).Select(position => (int[])[.. shorter[..position], count - 1, .. shorter[position..]]));
}
