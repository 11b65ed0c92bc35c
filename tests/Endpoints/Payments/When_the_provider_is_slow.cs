using Dapper;
using Npgsql;
using ShopSaga.Contracts.Orders;

namespace ShopSaga.Tests.Endpoints.Payments;

/// <summary>So slow that the test decides when it answers.</summary>
internal sealed class When_the_provider_is_slow : ServiceTest
{
    private TaskCompletionSource _answers = null!;

    protected override TimeSpan ProviderTimeout => TimeSpan.FromMinutes(2);

    [SetUp]
    public void Hold() => _answers = new TaskCompletionSource();

    [TearDown]
    public void Free() => _answers.TrySetResult();

    [Test]
    public async Task Should_have_no_transaction_open_while_it_charges()
    {
        Connection.MayProceed = _answers.Task;
        var before = Connection.Requests;
        var orderId = await Order(7);

        await AssertNoTransactionDuringCall(before);

        _answers.SetResult();
        await PaymentOf(orderId, "COMPLETED");
    }

    [Test]
    public async Task Should_have_no_transaction_open_while_it_refunds()
    {
        Connection.MayProceed = Task.CompletedTask;
        var payment = await Paid(7);
        Connection.MayProceed = _answers.Task;
        var before = Connection.Requests;
        await Publish(new OrderCancelled((long)payment["orderId"]!, "CUSTOMER", DateTimeOffset.UtcNow));

        await AssertNoTransactionDuringCall(before);

        _answers.SetResult();
        await PaymentOf((long)payment["orderId"]!, "REFUNDED");
    }

    private async Task AssertNoTransactionDuringCall(int requestsBefore)
    {
        Assert.That(() => Connection.Requests, Is.GreaterThan(requestsBefore).After(30_000, 20));
        await using var database = new NpgsqlConnection(Service.Database);

        // The relay's own transactions come and go; one of the message would stay for as long as the provider takes.
        Assert.That(
            async () => await database.QuerySingleAsync<long>(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
                """),
            Is.Zero.After(10_000, 20),
            "transactions that are open while the provider is called");
        Assert.That(_answers.Task.IsCompleted, Is.False);
    }
}
