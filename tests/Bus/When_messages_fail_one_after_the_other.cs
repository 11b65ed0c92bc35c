using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public class When_messages_fail_one_after_the_other
{
    private const int Tolerated = 3;
    private readonly Seen<string> _changes = new();
    private readonly Work _work = new();

    [Test]
    public async Task Should_process_one_at_a_time_until_one_succeeds()
    {
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.LimitMessageProcessingConcurrencyTo(4);
                configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0)).OnConsecutiveFailures(
                    Tolerated,
                    new RateLimitSettings(
                        TimeSpan.FromMilliseconds(20),
                        _ => Note("started"),
                        _ => Note("ended")));
                configuration.AddHandler<WorkHandler>();
            },
            services => services.AddSingleton(_work));

        for (var i = 0; i < Tolerated; i++)
        {
            await Broker.Send(endpoint.Name, new Job(Fails: true));
        }

        Assert.That(await _changes.Next(), Is.EqualTo("started"));
        _work.AtMost = 0;
        for (var i = 0; i < 12; i++)
        {
            await Broker.Send(endpoint.Name, new Job(Fails: true));
        }

        await Eventually.Is(async () => await Broker.Depth(endpoint.ErrorQueue) == Tolerated + 12, "all that failed are in the error queue");
        Assert.That(_work.AtMost, Is.EqualTo(1), "messages processed at the same time");
        Assert.That(_changes.Count, Is.EqualTo(1));

        await Broker.Send(endpoint.Name, new Job(Fails: false));
        Assert.That(await _changes.Next(), Is.EqualTo("ended"));
        await _work.AllowTogether(endpoint, 4);
    }

    private Task Note(string change)
    {
        _changes.Add(change);
        return Task.CompletedTask;
    }

    internal sealed record Job(bool Fails, bool WaitsForOthers = false);

    internal sealed class Work
    {
        private readonly TaskCompletionSource _together = new();
        private int _now;

        public int AtMost { get; set; }

        public async Task Do(Job job)
        {
            var now = Interlocked.Increment(ref _now);
            lock (_together)
            {
                AtMost = Math.Max(AtMost, now);
            }

            if (job.WaitsForOthers)
            {
                await _together.Task;
            }

            Interlocked.Decrement(ref _now);
            if (job.Fails)
            {
                throw new InvalidOperationException("This fails.");
            }
        }

        /// <summary>Holds messages in their handlers until so many are there at once.</summary>
        public async Task AllowTogether(TestEndpoint endpoint, int count)
        {
            for (var i = 0; i < count; i++)
            {
                await Broker.Send(endpoint.Name, new Job(Fails: false, WaitsForOthers: true));
            }

            await Eventually.Is(() => Task.FromResult(Volatile.Read(ref _now) == count), $"{count} messages are processed side by side");
            _together.SetResult();
        }
    }

    internal sealed class WorkHandler(Work work) : IHandleMessages<Job>
    {
        public Task Handle(Job message, IMessageHandlerContext context) => work.Do(message);
    }
}
