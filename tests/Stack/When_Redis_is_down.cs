using ShopSaga.Local.Running;
using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

public class When_Redis_is_down
{
    [Test]
    public async Task Should_sell_all_the_same()
    {
        await RunningSystem.Stack.Kill(LocalStack.Redis);
        try
        {
            using var load = await OrderLoad.Start(orders: 20);
            await load.WaitUntilFinal();
        }
        finally
        {
            await RunningSystem.Stack.Start(LocalStack.Redis);
        }

        await SystemInvariants.ShouldHold();
    }
}
