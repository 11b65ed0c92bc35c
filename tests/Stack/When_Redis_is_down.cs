using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

public class When_Redis_is_down
{
    [Test]
    public async Task Should_sell_all_the_same()
    {
        await RunningSystem.Stack.Kill(Local.Stack.Redis);
        try
        {
            using var rush = await Rush.Start(orders: 20);
            await rush.IsOver();
        }
        finally
        {
            await RunningSystem.Stack.Start(Local.Stack.Redis);
        }

        await TheBooks.Balance();
    }
}
