using ShopSaga.Contracts.Products;
using static ShopSaga.Tests.Endpoints.Products.Events;

namespace ShopSaga.Tests.Endpoints.Products;

internal sealed class When_stock_is_reserved
{
    private ProductsHarness _harness = null!;

    [SetUp]
    public async Task SetUp() => _harness = await ProductsHarness.Open();

    [TearDown]
    public async Task TearDown()
    {
        await _harness.AssertBooksBalance();
        await _harness.DisposeAsync();
    }

    [Test]
    public async Task Should_set_every_line_aside()
    {
        var (lamp, chair) = (await _harness.List(5), await _harness.List(5));

        var published = await _harness.Handle(Placed(1, (chair, 5), (lamp, 2)));

        Assert.That(published.Single(), Is.InstanceOf<StockReserved>());
        Assert.That((await _harness.Stock(lamp), await _harness.Stock(chair)), Is.EqualTo((3, 0)));
    }

    [Test]
    public async Task Should_set_nothing_aside_when_one_line_is_short_and_name_every_short_line()
    {
        var (lamp, chair, table) = (await _harness.List(5), await _harness.List(1), await _harness.List(0));

        var published = await _harness.Handle(Placed(1, (table, 4), (chair, 2), (lamp, 5)));

        var rejected = (StockRejected)published.Single();
        Assert.That(rejected.Shortages, Is.EquivalentTo(new[] { new Shortage(chair, 2, 1), new Shortage(table, 4, 0) }));
        Assert.That(await _harness.Stock(lamp), Is.EqualTo(5));
        Assert.That(await _harness.State(1), Is.EqualTo("REJECTED"));
    }

    [Test]
    public async Task Should_treat_an_unknown_product_as_one_of_which_there_is_nothing()
    {
        var published = await _harness.Handle(Placed(1, (404, 1)));

        Assert.That(((StockRejected)published.Single()).Shortages, Is.EqualTo(new[] { new Shortage(404, 1, 0) }));
    }

    [Test]
    public async Task Should_still_sell_what_there_is_of_a_product_that_was_withdrawn_meanwhile()
    {
        var lamp = await _harness.List(1);
        await _harness.Query<long>("UPDATE products SET withdrawn_at = now() WHERE id = @lamp RETURNING id", new { lamp });

        Assert.That((await _harness.Handle(Placed(1, (lamp, 1)))).Single(), Is.InstanceOf<StockReserved>());
    }

    [Test]
    public async Task Should_reserve_once_however_often_the_order_arrives()
    {
        var lamp = await _harness.List(5);
        await _harness.Handle(Placed(1, (lamp, 2)));

        Assert.That(await _harness.Handle(Placed(1, (lamp, 2))), Is.Empty);
        Assert.That(await _harness.Stock(lamp), Is.EqualTo(3));
    }

    [Test]
    public async Task Should_not_reserve_when_the_order_was_cancelled_first()
    {
        var lamp = await _harness.List(5);
        var onCancel = await _harness.Handle(Cancelled(1));

        var onPlaced = await _harness.Handle(Placed(1, (lamp, 2)));

        Assert.That(onCancel.Single(), Is.InstanceOf<StockReleased>());
        Assert.That(onPlaced, Is.Empty);
        Assert.That(await _harness.Stock(lamp), Is.EqualTo(5));
    }

    [TestCase("CUSTOMER", true)]
    [TestCase("EXPIRED", true)]
    [TestCase("SHOP", true)]
    [TestCase("OUT_OF_STOCK", false)]
    [TestCase("PAYMENT_DECLINED", false)]
    public async Task Should_announce_a_release_before_the_order_came_only_to_who_waits_for_it(string reason, bool waits)
    {
        var published = await _harness.Handle(Cancelled(1, reason));

        Assert.That(published.OfType<StockReleased>().Count(), Is.EqualTo(waits ? 1 : 0));
    }

    [Test]
    public async Task Should_put_back_what_was_committed_when_the_order_is_cancelled_after_all()
    {
        var lamp = await _harness.List(5);
        await _harness.Handle(Placed(1, (lamp, 2)));
        Assert.That((await _harness.Handle(Confirmed(1))).Single(), Is.InstanceOf<StockCommitted>());

        Assert.That((await _harness.Handle(Cancelled(1))).Single(), Is.InstanceOf<StockReleased>());
        Assert.That(await _harness.Stock(lamp), Is.EqualTo(5));
    }

    [Test]
    public async Task Should_put_sold_pieces_back_once_the_shop_has_made_room_for_them()
    {
        var lamp = await _harness.List(5);
        await _harness.Handle(Placed(1, (lamp, 2)));
        await _harness.Handle(Confirmed(1));
        await _harness.ChangeStock(lamp, int.MaxValue - 3);

        Assert.That(
            () => _harness.Handle(Cancelled(1)),
            Throws.InvalidOperationException.With.Message.Contains("no room").And.Message.Contains("order 1 "));
        Assert.That(await _harness.State(1), Is.EqualTo("COMMITTED"));

        await _harness.ChangeStock(lamp, -2);
        Assert.That((await _harness.Handle(Cancelled(1))).Single(), Is.InstanceOf<StockReleased>());
        Assert.That(await _harness.Stock(lamp), Is.EqualTo(int.MaxValue));
    }

    [Test]
    public void Should_fail_to_commit_what_was_never_reserved() =>
        Assert.That(() => _harness.Handle(Confirmed(1)), Throws.InvalidOperationException.With.Message.Contains("no reservation"));

    [Test]
    public async Task Should_fail_when_an_event_contradicts_what_was_decided()
    {
        await _harness.Handle(Placed(1, (404, 1)));

        Assert.That(() => _harness.Handle(Confirmed(1)), Throws.InvalidOperationException.With.Message.Contains("REJECTED"));
    }

    [Test]
    public async Task Should_show_the_stock_that_is_left_on_the_page_of_the_product()
    {
        var lamp = await _harness.List(5);
        Assert.That(await _harness.StockOnThePage(lamp), Is.EqualTo(5));

        await _harness.Handle(Placed(1, (lamp, 2)));
        Assert.That(await _harness.StockOnThePage(lamp), Is.EqualTo(3));

        await _harness.Handle(Cancelled(1));
        Assert.That(await _harness.StockOnThePage(lamp), Is.EqualTo(5));
    }

    [Test]
    public async Task Should_keep_the_stock_changes_as_they_were_written()
    {
        await _harness.List(5);
        foreach (var change in new[] { "UPDATE stock_changes SET delta = 6", "DELETE FROM stock_changes", "TRUNCATE stock_changes" })
        {
            Assert.That(() => _harness.Query<long>(change), Throws.Exception.With.Message.Contains("append-only"), change);
        }
    }
}
