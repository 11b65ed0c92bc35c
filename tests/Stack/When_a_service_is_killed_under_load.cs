using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

public class When_a_service_is_killed_under_load
{
    [TestCase("Orders")]
    [TestCase("Products")]
    [TestCase("Payments")]
    [TestCase("Settlement")]
    [TestCase("psp")]
    public async Task Should_bring_every_order_to_its_end_once_it_is_back(string service)
    {
        using var load = await OrderLoad.Start(orders: 40);
        await load.WaitUntilUnderWay();

        await RunningSystem.KillAndStart(service);

        await load.WaitUntilFinal();
        await SystemInvariants.ShouldHold();
    }
}
