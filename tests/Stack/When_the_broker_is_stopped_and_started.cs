using ShopSaga.Local.Running;
using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

public class When_the_broker_is_stopped_and_started
{
    [Test]
    public async Task Should_bring_every_order_to_its_end()
    {
        using var load = await OrderLoad.Start(orders: 40);
        await load.WaitUntilUnderWay();

        await RunningSystem.StopAndStart(LocalStack.RabbitMq);

        await load.WaitUntilFinal();
        await SystemInvariants.ShouldHold();
    }

    [Test]
#if NSERVICEBUS
    [Ignore("In this lane a request is refused while the broker is away (docs/decisions/002).")]
#endif
    public async Task Should_take_orders_meanwhile_and_bring_them_to_their_end_later()
    {
        using var load = await OrderLoad.Start(orders: 0);
        await RunningSystem.Stack.Stop(LocalStack.RabbitMq);
        try
        {
            var answers = await load.PlaceAtOnce(orders: 30);
            Assert.That(answers.Select(order => order["status"]!.GetValue<string>()), Has.All.EqualTo("PENDING"));
        }
        finally
        {
            await RunningSystem.Stack.Start(LocalStack.RabbitMq);
        }

        await load.WaitUntilFinal();
        await SystemInvariants.ShouldHold();
    }
}
