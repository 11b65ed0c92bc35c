using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

public class When_PostgreSQL_is_killed_and_started
{
    [Test]
    public async Task Should_bring_every_order_to_its_end()
    {
        using var rush = await Rush.Start(orders: 40);
        await rush.IsInFullSwing();

        await RunningSystem.KillAndStart(Local.Stack.PostgreSql);

        await rush.IsOver();
        await TheBooks.Balance();
    }
}
