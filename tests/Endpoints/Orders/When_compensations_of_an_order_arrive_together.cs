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

    /// <summary>
    /// A confirmed order has no saga. Both handlers see that, and start one; the second of them completes the order, and its saga with it.
    /// </summary>
    [Test]
    public async Task Should_leave_no_saga_behind_when_both_events_have_started_one([Range(1, 5)] int round)
    {
        var customer = _orders.Customer(720);
        var id = await customer.Order();
        await _orders.Eventually(SagasOf("count(*) = 1"), new { id = $"{id}" });
        await _orders.Publish(new PaymentCompleted(id, id, 720, 500, "CARD", Now));
        await _orders.Eventually("SELECT status = 'CONFIRMED' FROM orders WHERE id = @id", new { id });
        await _orders.Eventually(SagasOf("count(*) = 0"), new { id = $"{id}" });
        await customer.Post($"/orders/{id}/cancel");

        // The lock holds both handlers where each has looked for the saga and found none.
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
        await _orders.Eventually(SagasOf("count(*) = 0"), new { id = $"{id}" });
    }

    private static string SagasOf(string what) =>
        $"""SELECT {what} FROM "ShopSaga_Orders_OrderLifecycle" WHERE "Correlation_OrderId" = @id""";
}
