using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace ShopSaga.Bus;

/// <summary>
/// Answers for the deliveries of one channel, as many with one frame as are settled without a gap; to a quorum queue each frame is an entry in its log.
/// <code>
///   settled tags 5 6 7 9   acknowledged up to 4   ─►   ack 7 and all before; ack 9 alone
/// </code>
/// Nobody waits for an answer to be written. Where the channel is gone, the broker has requeued what was not answered for.
/// </summary>
internal sealed class RabbitMqAnswers(IChannel channel, ILogger logger)
{
    /// <summary>Set on a tag that was answered for already. Delivery tags count up from 1, so the highest bit is free.</summary>
    private const ulong Answered = 1UL << 63;

    private readonly Channel<ulong> _settled = Channel.CreateUnbounded<ulong>(new UnboundedChannelOptions { SingleReader = true });
    private readonly HashSet<ulong> _ahead = [];
    private ulong _next = 1;

    public bool ReachBroker => channel.IsOpen;

    public void Acknowledge(ulong tag) => _settled.Writer.TryWrite(tag);

    public async ValueTask Requeue(ulong tag)
    {
        await Write(() => channel.BasicRejectAsync(tag, requeue: true, CancellationToken.None));

        // Nothing is left to acknowledge of it, but it must not keep the tags behind it apart.
        _settled.Writer.TryWrite(tag | Answered);
    }

    /// <summary>No answers come any more.</summary>
    public void Complete() => _settled.Writer.TryComplete();

    /// <summary>Writes answers until <see cref="Complete"/> was called and all are written.</summary>
    public async Task Run()
    {
        var alone = new List<ulong>();
        while (await _settled.Reader.WaitToReadAsync())
        {
            alone.Clear();
            while (_settled.Reader.TryRead(out var settled))
            {
                var tag = settled & ~Answered;
                _ahead.Add(tag);
                if (settled == tag)
                {
                    alone.Add(tag);
                }
            }

            while (_ahead.Remove(_next))
            {
                _next++;
            }

            // The tag named must be one that the broker waits for: the last of those behind which there is no gap.
            if (alone.Where(tag => tag < _next).DefaultIfEmpty().Max() is var last and > 0)
            {
                await Write(() => channel.BasicAckAsync(last, multiple: true, CancellationToken.None));
            }

            foreach (var tag in alone.Where(tag => tag > _next))
            {
                await Write(() => channel.BasicAckAsync(tag, multiple: false, CancellationToken.None));
            }
        }
    }

    private async ValueTask Write(Func<ValueTask> answer)
    {
        try
        {
            await answer();
        }
        catch (Exception lost)
        {
            // Only a connection that breaks refuses a frame.
            logger.LogInformation(BusEvents.AcknowledgementLost, "Messages could not be answered for and will be delivered again: {Reason}", lost.Message);
        }
    }
}
