using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

public class When_the_broker_is_killed_while_orders_travel
{
    [Test]
    public async Task Should_bring_every_order_to_its_end_once_it_is_back()
    {
        using var rush = await Rush.Start(orders: 40);
        await rush.IsInFullSwing();

        await RunningSystem.KillAndStart(Local.Stack.RabbitMq);

        await rush.IsOver();
        await TheBooks.Balance();
    }
}
