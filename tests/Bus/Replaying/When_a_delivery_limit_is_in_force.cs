using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Replaying;

/// <summary>Since RabbitMQ 4 every quorum queue has a limit of 20; here a policy sets it.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_a_delivery_limit_is_in_force
{
    private const int Limit = 20;
    private Address _error = null!;

    [SetUp]
    public async Task Make()
    {
        _error = await Address.New();
        await Management.SetPolicy(_error.Name, new() { ["delivery-limit"] = Limit });
        for (var number = 1; number <= 3; number++)
        {
            await _error.HasFailed($"{number}", "ShopClient.Orders", "ShopClient.OrderPlaced", "System.TimeoutException", "slow");
        }
    }

    [TearDown]
    public async Task Remove()
    {
        await Management.DeletePolicy(_error.Name);
        await _error.DisposeAsync();
    }

    [Test]
    public async Task Should_keep_every_message_however_often_they_are_listed()
    {
        for (var times = 0; times <= Limit + 1; times++)
        {
            await Replays.List(_error.Name);
        }

        await Holds("1", "2", "3");
    }

    [Test]
    public async Task Should_keep_every_message_however_often_one_is_shown()
    {
        for (var times = 0; times <= Limit + 1; times++)
        {
            await Replays.Show(_error.Name, "2");
        }

        await Holds("1", "2", "3");
    }

    [Test]
    public async Task Should_keep_the_others_however_often_some_are_returned()
    {
        for (var times = 0; times <= Limit + 1; times++)
        {
            await Replays.Return(_error.Name, ids: ["none"]);
        }

        await Holds("1", "2", "3");
    }

    [Test]
    public async Task Should_keep_messages_that_cannot_be_returned()
    {
        for (var times = 0; times <= Limit + 1; times++)
        {
            // There is no exchange of the queue that they failed in.
            await Replays.Return(_error.Name);
        }

        await Holds("1", "2", "3");
    }

    private async Task Holds(params string[] ids) =>
        Assert.That((await _error.Take(ids.Length)).Select(message => message.Properties.MessageId), Is.EquivalentTo(ids));
}
