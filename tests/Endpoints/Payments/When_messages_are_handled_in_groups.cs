using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using ShopSaga.Payments.Charging;

namespace ShopSaga.Tests.Endpoints.Payments;

/// <summary>As the setting <c>Messaging:GroupSize</c> may say for all services.</summary>
internal sealed class When_messages_are_handled_in_groups : ServiceTest
{
    private const int Count = 60;
    private const int FirstOrder = 50_001;

    protected override TimeSpan ProviderTimeout => TimeSpan.FromMinutes(2);

    protected override Dictionary<string, string> Settings => new() { ["Messaging:GroupSize"] = "20", ["Messaging:Concurrency"] = "4" };

    [Test]
    public async Task Should_let_no_payment_wait_for_a_slow_call_of_another()
    {
        var answer = new TaskCompletionSource();
        const int Slow = FirstOrder + (Count / 2);
        Connection.Held = ($"order-{Slow}", answer.Task);
        await using var database = new NpgsqlConnection(Service.Database);
        await database.OpenAsync();
        var payments = await database.QueryAsync<long>(
            """
            INSERT INTO payments (order_id, user_id, amount, payment_method, status, created_at)
            SELECT order_id, 9, 1000, 'CARD', 'PENDING', now() FROM generate_series(@FirstOrder, @FirstOrder + @Count - 1) AS order_id
            RETURNING id
            """,
            new { FirstOrder, Count });

        // While the table is locked the commands pile up, so that the next ones are taken in groups.
        await using (var transaction = await database.BeginTransactionAsync())
        {
            await database.ExecuteAsync("LOCK TABLE payments IN ACCESS EXCLUSIVE MODE", transaction: transaction);
            var session = Service.Services.GetRequiredService<IMessageSession>();
            foreach (var payment in payments)
            {
                await session.SendLocal(new ChargePayment(payment));
            }

            await transaction.CommitAsync();
        }

        Assert.That(async () => await Completed(database), Is.EqualTo(Count - 1).After(30_000, 20), "all but the slow one");
        answer.SetResult();
        Assert.That(async () => await Completed(database), Is.EqualTo(Count).After(30_000, 20));
    }

    private static Task<long> Completed(NpgsqlConnection database) => database.QuerySingleAsync<long>(
        "SELECT count(*) FROM payments WHERE status = 'COMPLETED' AND order_id >= @FirstOrder", new { FirstOrder });
}
