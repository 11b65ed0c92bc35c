using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>Acknowledgements in groups: with as few frames as possible, and never for what was not settled.</summary>
public class When_deliveries_are_answered
{
    [TestCase("1 2 3", "ack to 3")]
    [TestCase("3 1 2", "ack to 3", Description = "in any order of settling")]
    [TestCase("2 3 4", "ack 2, ack 3, ack 4", Description = "a slow message in front holds up no other")]
    [TestCase("1 2 4 5", "ack to 2, ack 4, ack 5")]
    [TestCase("2 3 | 1", "ack 2, ack 3 | ack to 1", Description = "the gap closes")]
    [TestCase("2 3 | 1 | 4", "ack 2, ack 3 | ack to 1 | ack to 4", Description = "and what follows is behind no gap")]
    [TestCase("1 r2 3", "reject 2, ack to 3", Description = "what was rejected is no gap")]
    [TestCase("1 2 r3", "reject 3, ack to 2", Description = "but is not acknowledged")]
    [TestCase("r1 r2", "reject 1, reject 2")]
    [TestCase("r2 | 1", "reject 2 | ack to 1")]
    [TestCase("1 | 2 | 3", "ack to 1 | ack to 2 | ack to 3")]
    [TestCase("r1 3 | 2 | 4", "reject 1, ack 3 | ack to 2 | ack to 4")]
    public async Task Should_write_as_few_frames_as_can_be(string settled, string expected)
    {
        var channel = FrameRecorder.New(out var frames);
        var answers = new RabbitMqAcknowledgements(channel, NullLogger.Instance);
        var running = Task.CompletedTask;
        var all = new List<string>();
        foreach (var (tags, then) in settled.Split(" | ").Zip(expected.Split(" | ")))
        {
            await Settle(answers, tags);
            running = running.IsCompleted ? answers.Run() : running;
            all.AddRange(then.Split(", "));
            await Eventually.Is(() => frames.Count >= all.Count, $"{then} is written");
        }

        answers.Complete();
        await running;
        Assert.That(frames, Is.EqualTo(all));
    }

    [Test]
    public async Task Should_give_up_quietly_when_the_channel_is_gone()
    {
        await using var queue = await Address.New();
        await Fill(queue, 2);
        var channel = await Broker.NewChannel();
        await channel.BasicGetAsync(queue.Name, autoAck: false);
        await channel.BasicGetAsync(queue.Name, autoAck: false);
        var answers = new RabbitMqAcknowledgements(channel, NullLogger.Instance);
        await channel.DisposeAsync();
        Assert.That(answers.ReachesBroker, Is.False);
        answers.Acknowledge(1);
        await answers.Requeue(2);
        answers.Complete();
        await answers.Run();

        Assert.That((await queue.Take(2)).Select(delivery => delivery.Body), Is.EquivalentTo(new[] { "1", "2" }));
    }

    [Test]
    public async Task Should_leave_to_the_broker_exactly_what_was_not_acknowledged([Values(1, 2, 3, 4)] int seed)
    {
        const int Messages = 150;
        const int Acknowledged = 80;
        const int Requeued = 90;
        var random = new Random(seed);
        await using var queue = await Address.New();
        await Fill(queue, Messages);
        var channel = await Broker.NewChannel();
        var held = new Dictionary<ulong, string>();
        while (held.Count < Messages)
        {
            var delivery = await channel.BasicGetAsync(queue.Name, autoAck: false);
            held.Add(delivery!.DeliveryTag, Encoding.UTF8.GetString(delivery.Body.Span));
        }

        // Mostly acknowledged, in any order, while answers are being written; then the receiver is gone.
        var answers = new RabbitMqAcknowledgements(channel, NullLogger.Instance);
        var running = Task.Run(answers.Run);
        var (unanswered, requeued) = (new List<string>(), new List<string>());
        foreach (var tag in held.Keys.Where(tag => tag < Messages).OrderBy(tag => tag + (ulong)random.Next(30)))
        {
            switch (random.Next(100))
            {
                case < Acknowledged:
                    answers.Acknowledge(tag);
                    break;
                case < Requeued:
                    unanswered.Add(held[tag]);
                    break;
                default:
                    requeued.Add(held[tag]);
                    await answers.Requeue(tag);
                    break;
            }
        }

        answers.Complete();
        await running;

        // The broker may forget answers that it has not put into its log when the channel closes. It logs them in order: this one after all
        // others.
        requeued.Add(held[Messages]);
        await channel.BasicRejectAsync(Messages, requeue: true);
        await Eventually.Get(() => Broker.Depth(queue.Name), depth => depth == requeued.Count, "all that was requeued is there");
        Assert.That(channel.IsOpen, "the broker has refused no answer");
        await channel.DisposeAsync();
        var remaining = unanswered.Concat(requeued).ToList();
        Assert.That((await queue.Take(remaining.Count)).Select(delivery => delivery.Body), Is.EquivalentTo(remaining), $"seed {seed}");
        await queue.IsEmpty();
    }

    private static async Task Settle(RabbitMqAcknowledgements answers, string tags)
    {
        foreach (var tag in tags.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var number = ulong.Parse(tag.TrimStart('r'), CultureInfo.InvariantCulture);
            if (tag[0] == 'r')
            {
                await answers.Requeue(number);
            }
            else
            {
                answers.Acknowledge(number);
            }
        }
    }

    private static async Task Fill(Address queue, int count)
    {
        await using var channel = await Broker.NewChannel();
        await Task.WhenAll(Enumerable.Range(1, count).Select(number => channel.BasicPublishAsync(
            queue.Name, "", mandatory: true, Encoding.UTF8.GetBytes($"{number}")).AsTask()));
    }

    /// <summary>A channel that only remembers the answers written to it.</summary>
    public class FrameRecorder : DispatchProxy
    {
        private readonly ConcurrentQueue<string> _frames = new();

        public static IChannel New(out IReadOnlyCollection<string> frames)
        {
            var channel = Create<IChannel, FrameRecorder>();
            frames = ((FrameRecorder)(object)channel)._frames;
            return channel;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            _frames.Enqueue(targetMethod!.Name switch
            {
                nameof(IChannel.BasicAckAsync) => true.Equals(args![1]) ? $"ack to {args[0]}" : $"ack {args[0]}",
                nameof(IChannel.BasicRejectAsync) => $"reject {args![0]}",
                _ => throw new NotSupportedException(targetMethod.Name),
            });
            return ValueTask.CompletedTask;
        }
    }
}
