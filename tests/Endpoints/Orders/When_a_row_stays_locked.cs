using Dapper;
using Npgsql;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;

namespace ShopSaga.Tests.Endpoints.Orders;

/// <summary>A session that holds the lock on one order, and neither commits nor rolls back, as a frozen client would.</summary>
internal sealed class When_a_row_stays_locked
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;
    private OrdersApp _orders = null!;

    [OneTimeSetUp]
    public async Task Start() => _orders = await OrdersApp.Start(new() { ["Messaging:DelayedRetryIncrease"] = "00:00:01" });

    [OneTimeTearDown]
    public ValueTask Stop() => _orders.DisposeAsync();

    [Test]
    public async Task Should_go_on_with_other_orders_and_with_this_one_once_the_lock_is_gone()
    {
        var customer = _orders.Customer(710);
        var locked = new List<long>();
        for (var count = 0; count < 10; count++)
        {
            locked.Add(await customer.Order());
        }

        var other = await customer.Order();
        await using (await Lock("SELECT FROM orders WHERE id = ANY(@ids) FOR UPDATE", new { ids = locked.ToArray() }))
        {
            // More messages than the endpoint has workers.
            foreach (var id in locked)
            {
                await _orders.Publish(new StockReserved(id, Now));
                await _orders.Publish(new PaymentCompleted(id, id + 100, 710, 500, "CARD", Now));
            }

            await _orders.Publish(new PaymentCompleted(other, 55, 710, 500, "CARD", Now));
            await _orders.Eventually("SELECT status = 'CONFIRMED' FROM orders WHERE id = @other", new { other });
        }

        await _orders.Eventually(
            "SELECT count(*) = 0 FROM orders WHERE id = ANY(@ids) AND status <> 'CONFIRMED'", new { ids = locked.ToArray() });
    }

    [Test]
    public async Task Should_answer_requests_about_it_in_time_and_serve_others_meanwhile()
    {
        var customer = _orders.Customer(711);
        var (id, other) = (await customer.Order(), await customer.Order());
        await using (await Lock("SELECT FROM orders WHERE id = @id FOR UPDATE", new { id }))
        {
            var waiting = Enumerable.Range(0, 20).Select(_ => customer.Post($"/orders/{id}/cancel")).ToList();

            Assert.That((await customer.Read($"/orders/{id}")).Status, Is.EqualTo(200));
            Assert.That((await customer.Post($"/orders/{other}/cancel")).Status, Is.EqualTo(202));
            foreach (var answer in await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(25)))
            {
                Assert.That(answer.Status, Is.EqualTo(503), answer.Body.ToJsonString());
            }
        }

        Assert.That((await customer.Post($"/orders/{id}/cancel")).Status, Is.EqualTo(202));
    }

    [Test]
    public async Task Should_answer_requests_about_a_cart_that_stays_locked_in_time()
    {
        await using var held = await Lock("SELECT pg_advisory_xact_lock(hashtextextended('cart', 712))", new { });
        var customer = _orders.Customer(712);

        var answers = await Task.WhenAll(
            customer.Send(HttpMethod.Put, "/cart/items/1", """{"quantity":1}"""),
            customer.Send(HttpMethod.Delete, "/cart"),
            customer.Post("/cart/checkout", """{"paymentMethod":"CARD"}""")).WaitAsync(TimeSpan.FromSeconds(25));

        Assert.That(answers.Select(answer => answer.Status), Is.All.EqualTo(503));
    }

    private async Task<NpgsqlConnection> Lock(string sql, object parameters)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_orders.Database) { Pooling = false }.ToString());
        await connection.OpenAsync();
        await connection.BeginTransactionAsync();
        await connection.ExecuteAsync(sql, parameters);
        return connection;
    }
}
