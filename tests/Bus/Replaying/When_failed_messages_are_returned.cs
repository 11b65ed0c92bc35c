using RabbitMQ.Client;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Replaying;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_failed_messages_are_returned
{
    private Address _error = null!;
    private Address _orders = null!;
    private Address _payments = null!;

    [SetUp]
    public async Task Make() => (_error, _orders, _payments) = (await Address.New(), await Address.New(), await Address.New());

    [TearDown]
    public async Task Remove()
    {
        await _error.DisposeAsync();
        await _orders.DisposeAsync();
        await _payments.DisposeAsync();
    }

    [Test]
    public async Task Should_return_each_to_the_queue_it_failed_in_in_order_and_count_them()
    {
        for (var number = 1; number <= 150; number++)
        {
            await HasFailed($"{number}", number % 2 == 0 ? _orders : _payments);
        }

        var (exitCode, output) = await Replays.Return(_error.Name);

        Assert.That(exitCode, Is.Zero);
        Assert.That(output, Does.EndWith("150 messages returned, 0 could not be returned." + Environment.NewLine));
        Assert.That(Ids(await _orders.Take(75)), Is.EqualTo(Enumerable.Range(1, 75).Select(number => $"{2 * number}")));
        Assert.That(Ids(await _payments.Take(75)), Is.EqualTo(Enumerable.Range(0, 75).Select(number => $"{2 * number + 1}")));
        await _error.IsEmpty();
    }

    [Test]
    public async Task Should_remove_what_the_failure_added_and_keep_everything_else()
    {
        var kept = new Dictionary<string, string>
        {
            ["$.diagnostics.hostdisplayname"] = "vm",
            ["$.diagnostics.hostid"] = "1cff231c6195e5b5f72c0c886130ede7",
            ["$.diagnostics.originating.hostid"] = "1cff231c6195e5b5f72c0c886130ede7",
            ["NServiceBus.ContentType"] = "application/json",
            ["NServiceBus.ConversationId"] = "470c5684-d816-4caa-b211-b50a0062b781",
            ["NServiceBus.CorrelationId"] = "f548ae0f-c603-4d1c-bbd6-b50a0062b781",
            ["NServiceBus.DeliverAt"] = "2026-11-22 05:59:28:026332 Z",
            ["NServiceBus.EnclosedMessageTypes"] = "Smoke.FailOrder, Smoke, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null",
            ["NServiceBus.MessageId"] = "f548ae0f-c603-4d1c-bbd6-b50a0062b781",
            ["NServiceBus.MessageIntent"] = "Send",
            ["NServiceBus.OpenTelemetry.StartNewTrace"] = "True",
            ["NServiceBus.ProcessingEndpoint"] = "Smoke.Sales",
            ["NServiceBus.ProcessingMachine"] = "vm",
            ["NServiceBus.ReplyToAddress"] = "Smoke.Sales",
            ["NServiceBus.TimeSent"] = "2026-11-22 05:59:25:016957 Z",
            ["NServiceBus.Version"] = "10.2.8",
            ["ServiceControl.Retry.AcknowledgementQueue"] = "error",
            ["ServiceControl.Retry.UniqueMessageId"] = "c9f4ce48-79fd-434c-3242-5bb3f3a1ddca",
            ["colour"] = "größer",
            ["traceparent"] = "00-f35fd01c89199085f2b511fcbef84491-856ba8d5d9e8b539-00",
        };
        var removed = new Dictionary<string, string>
        {
            ["NServiceBus.ExceptionInfo.Data.Handler canceled"] = "False",
            ["NServiceBus.ExceptionInfo.ExceptionType"] = "System.InvalidOperationException",
            ["NServiceBus.ExceptionInfo.HelpLink"] = "https://example.com",
            ["NServiceBus.ExceptionInfo.Message"] = "boom",
            ["NServiceBus.ExceptionInfo.StackTrace"] = "System.InvalidOperationException: boom\n   at Handle",
            ["NServiceBus.FailedQ"] = _orders.Name,
            ["NServiceBus.Retries.Timestamp"] = "2026-11-22 05:59:25:026318 Z",
            ["NServiceBus.Retries"] = "3",
            ["NServiceBus.TimeOfFailure"] = "2026-11-22 05:59:28:044641 Z",
            ["ServiceControl.EditOf"] = "c9f4ce48",
            ["NServiceBus.Transport.RabbitMQ.DelayInSeconds"] = "3",
            ["ShopSaga.Bus.EarlierDeliveries"] = "20",
        };
        var properties = new BasicProperties
        {
            MessageId = "f548ae0f-c603-4d1c-bbd6-b50a0062b781",
            CorrelationId = "f548ae0f-c603-4d1c-bbd6-b50a0062b781",
            ReplyTo = "Smoke.Sales",
            Type = "Smoke.FailOrder",
            ContentType = "application/json",
            DeliveryMode = DeliveryModes.Persistent,
            AppId = "other",
        };
        await Broker.Publish(_error.Name, properties, kept.Concat(removed).ToDictionary(), """{"Reason":"boom"}""");
        await Replays.List(_error.Name);

        await Replays.Return(_error.Name);

        var returned = (await _orders.Take(1)).Single();
        Assert.That(
            returned.Headers.Where(header => header.Key != "x-delivery-count"), Is.EquivalentTo(kept), "the broker adds its own count");
        Assert.That(returned.Body, Is.EqualTo("""{"Reason":"boom"}"""));
        Assert.That((returned.Exchange, returned.RoutingKey), Is.EqualTo((_orders.Name, "")));
        Assert.That(returned.Properties.MessageId, Is.EqualTo(properties.MessageId));
        Assert.That(returned.Properties.CorrelationId, Is.EqualTo(properties.CorrelationId));
        Assert.That(returned.Properties.ReplyTo, Is.EqualTo(properties.ReplyTo));
        Assert.That(returned.Properties.Type, Is.EqualTo(properties.Type));
        Assert.That(returned.Properties.ContentType, Is.EqualTo(properties.ContentType));
        Assert.That(returned.Properties.DeliveryMode, Is.EqualTo(DeliveryModes.Persistent));
        Assert.That(returned.Properties.AppId, Is.EqualTo("other"));
    }

    [Test]
    public async Task Should_return_one_by_its_id_and_leave_the_others()
    {
        await HasFailed("1", _orders);
        await HasFailed("2", _orders);
        await HasFailed("3", _orders);

        var (exitCode, output) = await Replays.Return(_error.Name, ids: ["2"]);

        Assert.That(exitCode, Is.Zero);
        Assert.That(output, Does.Contain("1 message returned, 0 could not be returned"));
        Assert.That(Ids(await _orders.Take(1)), Is.EqualTo(new[] { "2" }));
        Assert.That(Ids(await _error.Take(2)), Is.EquivalentTo(new[] { "1", "3" }));
    }

    [Test]
    public async Task Should_return_a_group_only()
    {
        await HasFailed("1", _orders, "System.TimeoutException");
        await HasFailed("2", _orders, "System.ArgumentException");
        await HasFailed("3", _payments, "System.TimeoutException");

        await Replays.Return(_error.Name, groups: ["TimeoutException/OrderPlaced"]);

        Assert.That(Ids(await _orders.Take(1)), Is.EqualTo(new[] { "1" }));
        Assert.That(Ids(await _payments.Take(1)), Is.EqualTo(new[] { "3" }));
        Assert.That(Ids(await _error.Take(1)), Is.EqualTo(new[] { "2" }));
    }

    [TestCase("4", null)]
    [TestCase(null, "TimeoutException/OrderCancelled")]
    public async Task Should_say_that_nothing_is_called_so(string? id, string? group)
    {
        await HasFailed("1", _orders);

        var (exitCode, output) = await Replays.Return(_error.Name, id is null ? [] : [id], group is null ? [] : [group]);

        Assert.That((exitCode, output), Is.EqualTo((1, "0 messages returned, 0 could not be returned." + Environment.NewLine)));
        Assert.That(Ids(await _error.Take(1)), Is.EqualTo(new[] { "1" }));
    }

    [Test]
    public async Task Should_return_nothing_the_second_time()
    {
        await HasFailed("1", _orders);
        await Replays.Return(_error.Name);

        var (exitCode, output) = await Replays.Return(_error.Name);

        Assert.That((exitCode, output), Is.EqualTo((0, "0 messages returned, 0 could not be returned." + Environment.NewLine)));
        Assert.That(Ids(await _orders.Take(1)), Is.EqualTo(new[] { "1" }));
    }

    [Test]
    public async Task Should_return_each_once_when_two_do_it_at_the_same_time()
    {
        var ids = Enumerable.Range(1, 150).Select(number => $"{number}").ToList();
        foreach (var id in ids)
        {
            await HasFailed(id, _orders);
        }

        var both = await Task.WhenAll(Replays.Return(_error.Name), Replays.Return(_error.Name));

        Assert.That(both.Select(one => one.ExitCode), Has.All.Zero);
        Assert.That(Ids(await _orders.Take(150)), Is.EquivalentTo(ids));
        await _error.IsEmpty();
    }

    [Test]
    public async Task Should_leave_what_has_nowhere_to_go_and_return_the_rest()
    {
        await using var unbound = await Address.New();
        await using (var channel = await Broker.NewChannel())
        {
            await channel.QueueUnbindAsync(unbound.Name, unbound.Name, "");
        }

        await HasFailed("1", _orders);
        await HasFailed("2", unbound);
        await HasFailed("3", new Address("gone"));
        await HasFailed("4", _orders);

        var (exitCode, output) = await Replays.Return(_error.Name);

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output, Does.Contain("no queue is bound to that exchange").And.Contains("the exchange does not exist"));
        Assert.That(output, Does.EndWith("2 messages returned, 2 could not be returned." + Environment.NewLine));
        Assert.That(Ids(await _orders.Take(2)), Is.EqualTo(new[] { "1", "4" }));
        var left = await _error.Take(2);
        Assert.That(
            left.Select(message => message.Headers["NServiceBus.FailedQ"]),
            Is.EquivalentTo(new[] { unbound.Name, "gone" }),
            "as they were");
    }

    /// <summary>The header may say anything. The broker closes the channel of what it refuses, with all that is in flight there.</summary>
    [Test]
    public async Task Should_leave_what_the_broker_refuses_and_return_the_rest()
    {
        await HasFailed("1", _orders);
        await HasFailed("2", new Address("amq.rabbitmq.trace"));
        await HasFailed("3", new Address(new string('q', 300)));
        await HasFailed("4", _orders);

        var (exitCode, output) = await Replays.Return(_error.Name);

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output, Does.Contain("the broker refuses it: ACCESS_REFUSED").And.Contains("is too long for one"));
        Assert.That(output, Does.EndWith("2 messages returned, 2 could not be returned." + Environment.NewLine));
        Assert.That(Ids(await _orders.Take(2)), Is.EqualTo(new[] { "1", "4" }));
        Assert.That(Ids(await _error.Take(2)), Is.EquivalentTo(new[] { "2", "3" }));
    }

    [Test]
    public async Task Should_return_what_another_user_of_the_broker_has_sent()
    {
        await using (var other = await OtherUser.New())
        {
            await other.Publish(
                _error.Name,
                new BasicProperties
                {
                    MessageId = "1",
                    Headers = new Dictionary<string, object?> { ["NServiceBus.FailedQ"] = _orders.Name },
                },
                "{}");
        }

        var (exitCode, _) = await Replays.Return(_error.Name);

        Assert.That(exitCode, Is.Zero);
        Assert.That(Ids(await _orders.Take(1)), Is.EqualTo(new[] { "1" }));
    }

    [Test]
    public async Task Should_leave_what_does_not_say_where_it_failed()
    {
        await Broker.Publish(
            _error.Name, new BasicProperties { AppId = "other" }, new Dictionary<string, string> { ["colour"] = "blue" }, "poison");
        await HasFailed("1", _orders);

        var (exitCode, output) = await Replays.Return(_error.Name);

        Assert.That(exitCode, Is.Zero, "it can never be returned");
        Assert.That(
            output,
            Does.Contain("left: it has no header with the queue it failed in").And.Contains("1 message returned, 1 could not be returned"));
        var poison = (await _error.Take(1)).Single();
        Assert.That((poison.Body, poison.Headers["colour"], poison.Properties.AppId), Is.EqualTo(("poison", "blue", "other")));
    }

    [Test]
    public async Task Should_return_what_fails_again_at_once_only_once()
    {
        // Its own error queue is where this message failed: it comes in again behind the others.
        await HasFailed("1", _error);

        var (_, output) = await Replays.Return(_error.Name);

        Assert.That(output, Does.Contain("1 message returned, 0 could not be returned"), "the new failure is left for the next run");
        Assert.That(Ids(await _error.Take(1)), Is.EqualTo(new[] { "1" }));
    }

    [Test]
    public async Task Should_find_nothing_where_no_endpoint_has_made_an_error_queue_yet()
    {
        var (exitCode, output) = await Replays.Return(TestEndpoint.UniqueName());

        Assert.That((exitCode, output), Is.EqualTo((0, "0 messages returned, 0 could not be returned." + Environment.NewLine)));
    }

    private static IEnumerable<string?> Ids(IEnumerable<Delivery> messages) => messages.Select(message => message.Properties.MessageId);

    private Task HasFailed(string id, Address queue, string exception = "System.TimeoutException") =>
        _error.HasFailed(id, queue.Name, "ShopClient.OrderPlaced", exception, "slow");
}
