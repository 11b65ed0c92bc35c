using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

public class When_a_service_is_killed_while_orders_travel
{
    [TestCase("Orders")]
    [TestCase("Products")]
    [TestCase("Payments")]
    [TestCase("Settlement")]
    [TestCase("psp")]
    public async Task Should_bring_every_order_to_its_end_once_it_is_back(string service)
    {
        using var rush = await Rush.Start(orders: 40);
        await rush.IsInFullSwing();

        await RunningSystem.KillAndStart(service);

        await rush.IsOver();
        await TheBooks.Balance();
    }
}
