using ShopSaga.Tests.Stack.Support;
using LocalStack = ShopSaga.Local.Stack;

namespace ShopSaga.Tests.Stack;

public class When_Redis_is_down
{
    [Test]
    public async Task Should_sell_all_the_same()
    {
        await RunningSystem.Stack.Kill(LocalStack.Redis);
        try
        {
            using var rush = await Rush.Start(orders: 20);
            await rush.IsOver();
        }
        finally
        {
            await RunningSystem.Stack.Start(LocalStack.Redis);
        }

        await TheBooks.Balance();
    }
}
