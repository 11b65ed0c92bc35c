using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace ShopSaga.Bus;

/// <summary>
/// Acknowledges the deliveries of one channel: all that are settled without a gap with one frame, since a quorum queue writes each frame to
/// its log (AMQP 0-9-1, basic.ack with "multiple").
/// <code>
///   settled tags 5 6 7 9   acknowledged up to 4   ─►   ack 7 and all before; ack 9 alone
/// </code>
/// No caller waits for a frame. When the channel is gone, the broker has requeued the deliveries that were not settled.
/// </summary>
internal sealed class RabbitMqAcknowledgements(IChannel channel, ILogger logger)
{
    /// <summary>Set on a tag that was rejected already. Delivery tags count up from 1, so the highest bit is free.</summary>
    private const ulong Rejected = 1UL << 63;

    private readonly Channel<ulong> _settled = Channel.CreateUnbounded<ulong>(new UnboundedChannelOptions { SingleReader = true });
    private readonly HashSet<ulong> _ahead = [];
    private ulong _next = 1;

    public bool ReachesBroker => channel.IsOpen;

    public void Acknowledge(ulong tag) => _settled.Writer.TryWrite(tag);

    public async ValueTask Requeue(ulong tag)
    {
        await Write(() => channel.BasicRejectAsync(tag, requeue: true, CancellationToken.None));

        // It needs no acknowledgement, but it must not leave a gap before the tags behind it.
        _settled.Writer.TryWrite(tag | Rejected);
    }

    /// <summary>Takes no more.</summary>
    public void Complete() => _settled.Writer.TryComplete();

    /// <summary>Writes until <see cref="Complete"/> was called and everything is written.</summary>
    public async Task Run()
    {
        var alone = new List<ulong>();
        while (await _settled.Reader.WaitToReadAsync())
        {
            alone.Clear();
            while (_settled.Reader.TryRead(out var settled))
            {
                var tag = settled & ~Rejected;
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

    private async ValueTask Write(Func<ValueTask> settle)
    {
        try
        {
            await settle();
        }
        catch (Exception lost)
        {
            // A frame is refused only when the connection breaks.
            logger.LogInformation(
                LogEvents.AcknowledgementLost, "Messages could not be acknowledged and will be delivered again: {Reason}", lost.Message);
        }
    }
}
