using System.Text.RegularExpressions;
using RabbitMQ.Client;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Replaying;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_failed_messages_are_listed
{
    private Address _error = null!;

    [SetUp]
    public async Task Make() => _error = await Address.New();

    [TearDown]
    public async Task Remove() => await _error.DisposeAsync();

    [Test]
    public async Task Should_group_them_by_exception_and_message_type()
    {
        await _error.HasFailed("1", "ShopClient.Products", "ShopClient.OrderPlaced", "System.TimeoutException", "slow");
        await _error.HasFailed("2", "ShopClient.Payments", "ShopClient.OrderPlaced", "System.TimeoutException", "slower");
        await _error.HasFailed("3", "ShopClient.Payments", "ShopClient.OrderPlaced", "System.ArgumentException", "wrong");
        await _error.HasFailed("4", "ShopClient.Payments", "ShopClient.OrderCancelled", "System.ArgumentException", "wrong too");

        var (exitCode, output) = await Replays.List(_error.Name);

        Assert.That(exitCode, Is.Zero);
        Assert.That(Rows(output, "Exception/").Take(3), Is.EqualTo(new[]
        {
            "TimeoutException/OrderPlaced 2 ShopClient.Payments, ShopClient.Products 2026-11-22 05:59:28:000002 Z slower",
            "ArgumentException/OrderCancelled 1 ShopClient.Payments 2026-11-22 05:59:28:000004 Z wrong too",
            "ArgumentException/OrderPlaced 1 ShopClient.Payments 2026-11-22 05:59:28:000003 Z wrong",
        }));
        Assert.That(
            Rows(output, "Exception/").Skip(3).Select(row => row.Split(' ')[0]),
            Is.EqualTo(new[] { "1", "2", "3", "4" }),
            "the oldest first");
        Assert.That(output, Does.EndWith("4 failed messages." + Environment.NewLine));
    }

    [Test]
    public async Task Should_list_what_could_not_be_read_where_it_came_from()
    {
        await Broker.Publish(_error.Name, new BasicProperties(), new Dictionary<string, string>(), "poison");

        var (_, output) = await Replays.List(_error.Name);

        Assert.That(
            output, Does.Contain("unknown/unknown").And.Contains("unknown queue").And.EndsWith("1 failed message." + Environment.NewLine));
    }

    [Test]
    public async Task Should_leave_every_message_as_it_was()
    {
        for (var number = 1; number <= 60; number++)
        {
            await _error.HasFailed($"{number}", "ShopClient.Orders", "ShopClient.OrderPlaced", "System.TimeoutException", "slow");
        }

        await Replays.List(_error.Name);
        await Replays.Show(_error.Name, "7");
        await Replays.List(_error.Name);
        await Replays.Return(_error.Name, ids: ["none"]);

        var messages = await _error.Take(60);
        Assert.That(
            messages.Select(message => message.Properties.MessageId),
            Is.EquivalentTo(Enumerable.Range(1, 60).Select(number => $"{number}")));
        Assert.That(messages.Select(message => message.Headers["NServiceBus.FailedQ"]), Has.All.EqualTo("ShopClient.Orders"));
    }

    /// <summary>To look at a message sends it to the end of the queue, and the broker would route it by this header again.</summary>
    [Test]
    public async Task Should_send_no_carbon_copies()
    {
        await using var elsewhere = await Address.New();
        await using (var channel = await Broker.NewChannel())
        {
            var properties = new BasicProperties
            {
                MessageId = "1",
                Headers = new Dictionary<string, object?> { ["CC"] = new List<object?> { elsewhere.Name } },
            };
            await channel.BasicPublishAsync(_error.Name, "", mandatory: true, properties, "{}"u8.ToArray());
        }

        await Replays.List(_error.Name);

        Assert.That((await _error.Take(1)).Single().Properties.MessageId, Is.EqualTo("1"));
        Assert.That(await Broker.Depth(elsewhere.Name), Is.Zero);
    }

    [Test]
    public async Task Should_show_one_with_headers_and_body()
    {
        await _error.HasFailed("1", "ShopClient.Products", "ShopClient.OrderPlaced", "System.TimeoutException", "slow");
        await _error.HasFailed("2", "ShopClient.Payments", "ShopClient.OrderPlaced", "System.TimeoutException", new string('o', 1_000));

        var (exitCode, output) = await Replays.Show(_error.Name, "2");

        Assert.That(exitCode, Is.Zero);
        Assert.That(output.Split(Environment.NewLine), Is.SupersetOf(new[]
        {
            "NServiceBus.MessageId: 2",
            "NServiceBus.FailedQ: ShopClient.Payments",
            "NServiceBus.ExceptionInfo.Message: " + new string('o', 1_000),
            "  \"Number\": 2",
        }));
        Assert.That(output, Does.Not.Contain("ShopClient.Products"));
    }

    [Test]
    public async Task Should_list_only_so_many_and_show_any()
    {
        const int MaxRead = 2;
        for (var number = 1; number <= MaxRead + 1; number++)
        {
            await _error.HasFailed($"{number}", "ShopClient.Orders", "ShopClient.OrderPlaced", "System.TimeoutException", "slow");
        }

        var shown = await Replays.Show(_error.Name, "3", MaxRead);
        var listed = await Replays.List(_error.Name, MaxRead);

        Assert.That(shown.ExitCode, Is.Zero, shown.Output);
        Assert.That(shown.Output, Does.Contain("NServiceBus.MessageId: 3"));
        Assert.That(listed.Output, Does.EndWith($"2 failed messages.{Environment.NewLine}There may be more.{Environment.NewLine}"));
    }

    [Test]
    public async Task Should_say_that_there_is_none_of_that_id()
    {
        var (exitCode, output) = await Replays.Show(_error.Name, "2");

        Assert.That((exitCode, output), Is.EqualTo((1, "No failed message has the id 2." + Environment.NewLine)));
    }

    [Test]
    public async Task Should_find_none_where_no_endpoint_has_made_an_error_queue_yet()
    {
        var (exitCode, output) = await Replays.List(TestEndpoint.UniqueName());

        Assert.That((exitCode, output), Is.EqualTo((0, "No failed messages." + Environment.NewLine)));
    }

    [Test]
    public async Task Should_ask_once_how_many_there_are_and_whether_they_are_consumed()
    {
        await _error.HasFailed("1", "ShopClient.Orders", "ShopClient.OrderPlaced", "System.TimeoutException", "slow");
        await using var proxy = new AmqpProxy(ofClient: true, AmqpProxy.DeclareQueue, through: 1, AmqpProxy.QueueClass);
        var queue = await ShopSaga.Replaying.ErrorQueue.Open(proxy.Address, _error.Name, CancellationToken.None);

        Assert.That(await queue.Look(CancellationToken.None).WaitAsync(Eventually.Limit), Is.EqualTo((1, false)));
    }

    /// <summary>Rows of tables, without their lines.</summary>
    private static IEnumerable<string> Rows(string output, string with) =>
        output.Split(Environment.NewLine).Where(line => line.Contains(with, StringComparison.Ordinal))
            .Select(line => Regex.Replace(line.Replace('│', ' ').Replace('|', ' '), " +", " ").Trim());
}
