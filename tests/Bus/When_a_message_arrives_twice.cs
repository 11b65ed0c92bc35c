using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_a_message_arrives_twice
{
    private readonly Seen<string> _handled = new();
    private TestEndpoint _endpoint = null!;
    private Tap _events = null!;

    [SetUp]
    public async Task Start()
    {
        _endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<Till>();
                configuration.LimitMessageProcessingConcurrencyTo(4);
            },
            services => services.AddSingleton(_handled));
        _events = await Tap.On<EventMoneyTaken>();
        await _endpoint.Execute("create table taken (amount int)");
    }

    [TearDown]
    public async Task Stop()
    {
        await _events.DisposeAsync();
        await _endpoint.DisposeAsync();
    }

    [Test]
    public async Task Should_have_its_effect_once()
    {
        await Broker.Send(_endpoint.Name, new TakeMoney(5), "same");
        await Eventually.Is(async () => await _endpoint.Count("\"MessageId\" = 'same' and \"Dispatched\"") == 1, "handled");
        await Broker.Send(_endpoint.Name, new TakeMoney(5), "same");
        await Broker.Send(_endpoint.Name, new TakeMoney(1), "another");
        await Eventually.Is(
            async () => await _endpoint.Count("\"MessageId\" = 'another' and \"Dispatched\"") == 1, "the one behind it is handled");
        await Management.HasAcknowledged(_endpoint.Name, 3);

        Assert.That(_handled.All, Is.EqualTo(new[] { "same", "another" }));
        Assert.That(await _endpoint.Query<long>("select sum(amount) from taken"), Is.EqualTo(6));
        Assert.That(_events.Count, Is.EqualTo(2));
    }

    [Test]
    public async Task Should_have_its_effect_once_when_the_copies_are_handled_at_the_same_time()
    {
        for (var i = 0; i < 20; i++)
        {
            await Task.WhenAll(Enumerable.Repeat($"copy of {i}", 4).Select(id => Broker.Send(_endpoint.Name, new TakeMoney(1), id)));
        }

        await Eventually.Is(async () => await _endpoint.Count("\"Dispatched\"") == 20, "all are handled");
        await Management.HasAcknowledged(_endpoint.Name, 80);

        Assert.That(await _endpoint.Query<long>("select sum(amount) from taken"), Is.EqualTo(20));
    }

    [Test]
    public async Task Should_not_take_the_slower_copy_for_failed()
    {
        var meeting = new Meeting();
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<Guest>();
                configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
            },
            services => services.AddSingleton(meeting));
        await Task.WhenAll(Enumerable.Repeat("twin", 2).Select(id => Broker.Send(endpoint.Name, new Meet(), id)));
        await Management.HasAcknowledged(endpoint.Name, 2);

        Assert.That(await endpoint.Count("\"MessageId\" = 'twin'"), Is.EqualTo(1));
        Assert.That(await Broker.Depth(endpoint.ErrorQueue), Is.Zero);
    }

    [Test]
    public async Task Should_tell_messages_apart_by_the_logical_id_not_by_the_native_one()
    {
        foreach (var nativeId in new[] { "native 1", "native 2" })
        {
            await Broker.Publish(
                _endpoint.Name,
                new RabbitMQ.Client.BasicProperties { MessageId = nativeId },
                new Dictionary<string, string>
                {
                    [Headers.MessageId] = "logical",
                    [Headers.EnclosedMessageTypes] = typeof(TakeMoney).FullName!,
                },
                """{"Amount":3}""");
        }

        await Eventually.Is(async () => await _endpoint.Count("\"MessageId\" = 'logical' and \"Dispatched\"") == 1, "handled");
        await Management.HasAcknowledged(_endpoint.Name, 2);

        Assert.That(await _endpoint.Query<long>("select sum(amount) from taken"), Is.EqualTo(3));
        Assert.That(await _endpoint.Count("\"MessageId\" like 'native%'"), Is.Zero);
    }

    internal sealed record Meet;

    internal sealed class Meeting
    {
        private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _guests;

        /// <summary>Waits until two are there.</summary>
        public Task Join()
        {
            if (Interlocked.Increment(ref _guests) == 2)
            {
                _complete.SetResult();
            }

            return _complete.Task.WaitAsync(Eventually.Limit);
        }
    }

    internal sealed class Guest(Meeting meeting) : IHandleMessages<Meet>
    {
        public Task Handle(Meet message, IMessageHandlerContext context) => meeting.Join();
    }

    internal sealed record TakeMoney(int Amount);

    internal sealed record EventMoneyTaken(int Amount);

    internal sealed class Till(Seen<string> handled) : IHandleMessages<TakeMoney>
    {
        public async Task Handle(TakeMoney message, IMessageHandlerContext context)
        {
            handled.Add(context.MessageId);
            await context.Execute("insert into taken values (@Amount)", message);
            await context.Publish(new EventMoneyTaken(message.Amount));
        }
    }
}
