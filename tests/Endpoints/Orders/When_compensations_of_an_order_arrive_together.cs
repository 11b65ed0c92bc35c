using Dapper;
using Npgsql;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;

namespace ShopSaga.Tests.Endpoints.Orders;

/// <summary>The service on its real queue: two events of an order are handled side by side, in two transactions.</summary>
internal sealed class When_compensations_of_an_order_arrive_together
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;
    private OrdersApp _orders = null!;

    [OneTimeSetUp]
    public async Task Start() => _orders = await OrdersApp.Start();

    [OneTimeTearDown]
    public ValueTask Stop() => _orders.DisposeAsync();

    [Test]
    public async Task Should_be_cancelled_by_the_second_that_gets_the_lock([Range(1, 5)] int round)
    {
        var customer = _orders.Customer(720);
        var id = await customer.Order();
        await _orders.Publish(new PaymentCompleted(id, id, 720, 500, "CARD", Now));
        await _orders.Eventually("SELECT status = 'CONFIRMED' FROM orders WHERE id = @id", new { id });
        await customer.Post($"/orders/{id}/cancel");

        await using (var connection = new NpgsqlConnection(_orders.Database))
        {
            await connection.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await connection.ExecuteAsync("SELECT FROM orders WHERE id = @id FOR UPDATE", new { id });
            await _orders.Publish(new StockReleased(id, Now));
            await _orders.Publish(new PaymentRefunded(id, id, 500, Now));
            await _orders.Eventually(
                "SELECT count(*) = 2 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
        }

        await _orders.Eventually("SELECT status = 'CANCELLED' FROM orders WHERE id = @id", new { id });
    }
}
