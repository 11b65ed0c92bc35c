using Dapper;
using Npgsql;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Products;

namespace ShopSaga.Tests.Endpoints.Payments;

internal sealed class When_the_service_runs : ServiceTest
{
    protected override Dictionary<string, string> Settings => new() { ["Messaging:GroupSize"] = "1" };

    [TestCase("CARD", "COMPLETED")]
    [TestCase("CARD_DECLINED", "FAILED")]
    [TestCase("CARD_FLAKY", "COMPLETED")]
    [TestCase("CARD_SLOW", "COMPLETED")]
    [TestCase("CARD_TIMEOUT_CHARGED", "COMPLETED")]
    [TestCase("CARD_TIMEOUT_LOST", "FAILED")]
    public async Task Should_find_out_what_became_of_the_charge(string method, string status)
    {
        var payment = await Paid(7, method, status);

        Assert.That((long)payment["amount"]!, Is.EqualTo(1000));
        Assert.That((string?)payment["paymentMethod"], Is.EqualTo(method));
    }

    [TestCase("CARD")]
    [TestCase("CARD_REFUND_FLAKY")]
    public async Task Should_give_back_the_money_of_a_cancelled_order(string method)
    {
        var payment = await Paid(7, method);

        await Publish(new OrderCancelled((long)payment["orderId"]!, "CUSTOMER", DateTimeOffset.UtcNow));

        Assert.That((await PaymentOf((long)payment["orderId"]!, "REFUNDED"))["refundedAt"], Is.Not.Null);
    }

    [Test]
    public async Task Should_keep_no_money_when_an_order_is_placed_and_reserved_while_it_is_being_cancelled()
    {
        const long OrderId = 20_001;
        await using var gate = new NpgsqlConnection(Service.Database);
        await gate.OpenAsync();
        await gate.ExecuteAsync(
            """
            CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN new; END';
            CREATE TRIGGER gate BEFORE INSERT ON "ShopSaga_Payments_PaymentPolicy"
                FOR EACH ROW WHEN (new."Data" ? 'Cancelled') EXECUTE FUNCTION wait_at_gate();
            SELECT pg_advisory_lock(1);
            """);

        // The cancellation has found neither a saga nor a payment, and has not written yet.
        await Publish(new OrderCancelled(OrderId, "CUSTOMER", DateTimeOffset.UtcNow));
        Assert.That(
            () => gate.ExecuteScalar<bool>(
                """
                SELECT EXISTS (SELECT FROM pg_locks JOIN pg_database ON database = pg_database.oid
                    WHERE datname = current_database() AND locktype = 'advisory' AND (classid, objid) = (0, 1) AND NOT granted)
                """),
            Is.True.After(30_000, 20));
        await Publish(new OrderPlaced(OrderId, 9, [new OrderLine(1, 1, 1000)], 1000, "CARD", DateTimeOffset.UtcNow));
        await Publish(new StockReserved(OrderId, DateTimeOffset.UtcNow));
        await PaymentOf(OrderId, "COMPLETED");
        await gate.ExecuteAsync("SELECT pg_advisory_unlock(1)");

        await PaymentOf(OrderId, "REFUNDED");
    }

    [Test]
    public async Task Should_take_the_money_of_a_hundred_orders_once_each_when_every_event_comes_twice()
    {
        var before = await Provider.Totals();
        await Task.WhenAll(Enumerable.Range(10_001, 100).SelectMany(orderId => new[]
        {
            Publish(new StockReserved(orderId, DateTimeOffset.UtcNow)),
            Publish(new OrderPlaced(orderId, 8, [new OrderLine(1, 1, 1000)], 1000, "CARD", DateTimeOffset.UtcNow)),
            Publish(new StockReserved(orderId, DateTimeOffset.UtcNow)),
            Publish(new OrderPlaced(orderId, 8, [new OrderLine(1, 1, 1000)], 1000, "CARD", DateTimeOffset.UtcNow)),
        }));

        Assert.That(
            async () => (await Payments(Service.Customer(8), "?limit=100")).Count(payment => (string?)payment!["status"] == "COMPLETED"),
            Is.EqualTo(100).After(60_000, 50));
        Assert.That((await Provider.Totals()).Charges - before.Charges, Is.EqualTo(100));
    }

    /// <summary>
    /// One message at a time and no lock for an order, as NServiceBus handles them: else the messages of an order wait for each other, and
    /// none can race with its cancellation.
    /// </summary>
    protected override void Configure(EndpointConfiguration endpoint)
    {
#if !NSERVICEBUS
        endpoint.LockInOrder(_ => null);
#endif
    }
}
