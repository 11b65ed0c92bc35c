using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace ShopSaga.Tests.Unit.Bus;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class When_the_broker_returns_events : IDisposable
{
    private const int TicksUntilGivenUp = 25;
    private readonly WaitedForTime _time = new();
    private readonly FakeLogger _log = new();
    private readonly List<string> _published = [];
    private readonly ReturnedEvents _events;
    private volatile bool _hasSubscriber;

    public When_the_broker_returns_events() => _events = new ReturnedEvents(Publish, _time, _log);

    [Test]
    public async Task Should_try_the_oldest_of_a_type_until_a_queue_takes_it_and_then_the_others()
    {
        await Publish("1", "2", "3");
        await Tick(times: 2);
        await PublishedAre("1", "2", "3", "1", "1");

        _hasSubscriber = true;
        await Tick();

        await PublishedAre("1", "2", "3", "1", "1", "1", "2", "3");
    }

    [Test]
    public async Task Should_give_up_without_an_error_when_nothing_ever_subscribed()
    {
        await Publish("1");

        await Tick(TicksUntilGivenUp);

        await PublishedAre([.. Enumerable.Repeat("1", 1 + TicksUntilGivenUp)]);
        Assert.That(Errors(), Is.Empty);
    }

    [Test]
    public async Task Should_name_those_that_are_lost_when_the_subscriber_does_not_return()
    {
        _hasSubscriber = true;
        await Publish("1");
        _hasSubscriber = false;
        await Publish("2");

        await Tick(TicksUntilGivenUp);

        await Eventually.Is(() => Errors().Any(error => error.EndsWith("EventSailed 2", StringComparison.Ordinal)), "the loss is named");
    }

    public void Dispose() => _events.Dispose();

    private IEnumerable<string> Errors() =>
        _log.Collector.GetSnapshot().Where(record => record.Level == LogLevel.Error).Select(record => record.Message);

    private Task<string> PublishedAre(params string[] ids) => Eventually.Get(
        () => Task.FromResult(string.Join(' ', Snapshot())), all => all == string.Join(' ', ids), "what is published");

    private string[] Snapshot()
    {
        lock (_published)
        {
            return [.. _published];
        }
    }

    private async Task Publish(params string[] ids)
    {
        foreach (var id in ids)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await Publish(
                new OutgoingOperation { MessageId = id, Headers = [], Body = default, EventType = typeof(EventSailed) }, default);
        }
    }

    private Task Publish(OutgoingOperation operation, CancellationToken cancellationToken)
    {
        lock (_published)
        {
            _published.Add(operation.MessageId);
        }

        if (_hasSubscriber)
        {
            _events.Taken(operation);
        }
        else
        {
            _events.Returned(operation);
        }

        return Task.CompletedTask;
    }

    /// <summary>Lets five seconds pass, as often as said, once they are waited for.</summary>
    private async Task Tick(int times = 1)
    {
        for (var tick = 1; tick <= times; tick++)
        {
            await _time.IsWaitedFor.WaitAsync();
            _time.Advance(TimeSpan.FromSeconds(5));
        }
    }

    private sealed record EventSailed;

    private sealed class WaitedForTime : FakeTimeProvider
    {
        public SemaphoreSlim IsWaitedFor { get; } = new(0);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            IsWaitedFor.Release();
            return timer;
        }
    }
}
