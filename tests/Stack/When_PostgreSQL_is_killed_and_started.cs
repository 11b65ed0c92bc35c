using ShopSaga.Local.Running;
using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

public class When_PostgreSQL_is_killed_and_started
{
    [Test]
    public async Task Should_bring_every_order_to_its_end()
    {
        using var load = await OrderLoad.Start(orders: 40);
        await load.WaitUntilUnderWay();

        await RunningSystem.KillAndStart(LocalStack.PostgreSql);

        await load.WaitUntilFinal();
        await SystemInvariants.ShouldHold();
    }

    [Test]
    public async Task Should_answer_the_first_readings_as_if_nothing_had_happened()
    {
        using var customer = await CustomerClient.Register();
        string[] paths = ["users/me", "products", "orders", "cart", "payments"];
        Task ReadAll() => Task.WhenAll(paths.SelectMany(path => Enumerable.Repeat(path, 4)).Select(customer.GetOnce));
        await ReadAll();

        await RunningSystem.KillAndStart(LocalStack.PostgreSql);

        Assert.That(ReadAll, Throws.Nothing);
    }
}
