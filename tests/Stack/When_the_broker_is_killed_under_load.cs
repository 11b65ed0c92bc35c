using ShopSaga.Local.Running;
using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

public class When_the_broker_is_killed_under_load
{
    [Test]
    public async Task Should_bring_every_order_to_its_end_once_it_is_back()
    {
        using var load = await OrderLoad.Start(orders: 40);
        await load.WaitUntilUnderWay();

        await RunningSystem.KillAndStart(LocalStack.RabbitMq);

        await load.WaitUntilFinal();
        await SystemInvariants.ShouldHold();
    }
}
