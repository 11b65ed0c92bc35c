using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

public class When_the_broker_is_stopped_and_started
{
    [Test]
    public async Task Should_bring_every_order_to_its_end()
    {
        using var rush = await Rush.Start(orders: 40);
        await rush.IsInFullSwing();

        await RunningSystem.StopAndStart(Local.Stack.RabbitMq);

        await rush.IsOver();
        await TheBooks.Balance();
    }

    [Test]
    public async Task Should_take_orders_meanwhile_and_bring_them_to_their_end_later()
    {
        using var rush = await Rush.Start(orders: 0);
        await RunningSystem.Stack.Stop(Local.Stack.RabbitMq);
        try
        {
            var answers = await rush.PlaceAtOnce(orders: 30);
            Assert.That(answers.Select(order => order["status"]!.GetValue<string>()), Has.All.EqualTo("PENDING"));
        }
        finally
        {
            await RunningSystem.Stack.Start(Local.Stack.RabbitMq);
        }

        await rush.IsOver();
        await TheBooks.Balance();
    }
}
