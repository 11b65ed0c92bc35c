using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace ShopSaga.Bus;

/// <summary>What the receiver needs to know of its endpoint.</summary>
internal sealed record ReceiveSettings(
    string Queue, string ErrorQueue, string? AuditQueue, IReadOnlyList<Type> Events, bool Installers, int Concurrency, int GroupSize, string ConsumerTag);

/// <summary>
/// Takes messages from the endpoint's queue.
/// <code>
///   broker ─► consumer ─► deliveries (bounded by the prefetch) ─► workers, each taking a group ─► MessageProcessor ─► ack, or Recoverability
/// </code>
/// A lost connection is opened again after the recovery interval, topology included; what was not acknowledged is delivered again by the broker.
/// While the database is away, workers hold what they have: an outage costs no retries.
/// </summary>
internal sealed class RabbitMqReceiver(
    ReceiveSettings settings,
    RabbitMqConnections connections,
    ConventionalTopology topology,
    RabbitMqDispatcher dispatcher,
    MessageProcessor processor,
    Recoverability recoverability,
    Database database,
    EndpointHealth health,
    Func<string, Exception, CancellationToken, Task> criticalError,
    TimeProvider time,
    ILogger<RabbitMqReceiver> logger)
{
    private static readonly TimeSpan AskDatabaseAgain = TimeSpan.FromMilliseconds(500);
    private readonly Channel<Delivery> _deliveries = Channel.CreateUnbounded<Delivery>();

    /// <summary>Receives until <paramref name="stop"/>; then finishes what is being handled, unless <paramref name="abort"/> cancels that too.</summary>
    public async Task Run(CancellationToken stop, CancellationToken abort)
    {
        var workers = Enumerable.Range(0, settings.Concurrency).Select(_ => Task.Run(() => Work(stop, abort), CancellationToken.None)).ToArray();
        Subscription? subscription = null;
        var lostAt = time.GetTimestamp();
        var critical = false;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                subscription = await Subscribe(stop);
                health.BrokerConnected();
                critical = false;
                logger.LogInformation(BusEvents.BrokerConnected, "{Queue} is receiving", settings.Queue);
                var reason = await subscription.Closed.WaitAsync(stop);
                lostAt = time.GetTimestamp();
                Lost(reason);
                await subscription.DisposeAsync();
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failure)
            {
                Lost(failure.Message);
                if (!critical && time.GetElapsedTime(lostAt) > connections.Transport.TimeToWaitBeforeTriggeringCircuitBreaker)
                {
                    critical = true;
                    await criticalError($"{settings.Queue} could not reach the broker for {time.GetElapsedTime(lostAt)}.", failure, abort);
                }
            }

            await Delay(connections.Transport.NetworkRecoveryInterval, stop);
        }

        if (subscription is not null)
        {
            await subscription.StopConsuming();
        }

        await Task.WhenAll(workers);
        if (subscription is not null)
        {
            await subscription.DisposeAsync();
        }
    }

    private void Lost(string reason)
    {
        health.BrokerLost(reason);
        logger.LogWarning(BusEvents.BrokerUnavailable, "{Queue} lost the broker and connects again: {Reason}", settings.Queue, reason);
    }

    private async Task<Subscription> Subscribe(CancellationToken cancellationToken)
    {
        var connection = await connections.Open("MessagePump", cancellationToken);
        try
        {
            var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
            if (settings.Installers)
            {
                await Install(channel, cancellationToken);
            }

            foreach (var type in settings.Events)
            {
                await ConventionalTopology.Subscribe(channel, settings.Queue, type, cancellationToken);
            }

            var prefetch = Math.Max(connections.Transport.PrefetchCountCalculation(settings.Concurrency), 2L * settings.Concurrency * settings.GroupSize);
            await channel.BasicQosAsync(0, (ushort)Math.Clamp(prefetch, settings.Concurrency, ushort.MaxValue), global: false, cancellationToken);
            var consumer = new Consumer(channel, this);
            await channel.BasicConsumeAsync(
                settings.Queue, autoAck: false, settings.ConsumerTag, noLocal: false, exclusive: false, arguments: null, consumer, cancellationToken);
            return new Subscription(connection, channel, settings.ConsumerTag, consumer.Closed);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task Install(IChannel channel, CancellationToken cancellationToken)
    {
        await topology.DeclareAddress(channel, settings.Queue, cancellationToken);
        await topology.DeclareAddress(channel, settings.ErrorQueue, cancellationToken);
        if (settings.AuditQueue is { } audit)
        {
            await topology.DeclareAddress(channel, audit, cancellationToken);
        }

        await ConventionalTopology.DeclareDelays(channel, cancellationToken);
        await ConventionalTopology.BindDelayedDelivery(channel, settings.Queue, cancellationToken);
    }

    private async Task Work(CancellationToken stop, CancellationToken abort)
    {
        var group = new List<Delivery>(settings.GroupSize);
        try
        {
            while (await _deliveries.Reader.WaitToReadAsync(stop))
            {
                // An even share of what waits: groups grow only when there is more work than workers.
                var share = Math.Clamp(_deliveries.Reader.Count / settings.Concurrency, 1, settings.GroupSize);
                group.Clear();
                while (group.Count < share && !stop.IsCancellationRequested && _deliveries.Reader.TryRead(out var delivery))
                {
                    // Of a channel that is gone, nothing could be acknowledged: the broker delivers it again.
                    if (delivery.Channel.IsOpen)
                    {
                        group.Add(delivery);
                    }
                }

                if (group.Count > 0)
                {
                    await ProcessOrRequeue([.. group], stop, abort);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            logger.LogDebug(BusEvents.Stopped, "A worker of {Queue} stopped", settings.Queue);
        }
    }

    /// <summary>A failure that even recoverability could not handle must neither stop the worker nor lose the messages.</summary>
    private async Task ProcessOrRequeue(IReadOnlyList<Delivery> group, CancellationToken stop, CancellationToken abort)
    {
        try
        {
            await Process(group, stop, abort);
        }
        catch (Exception failure) when (!stop.IsCancellationRequested)
        {
            await criticalError($"{settings.Queue} could not settle {group.Count} messages; they go back to the queue.", failure, abort);
            foreach (var delivery in group)
            {
                await Answer(delivery, acknowledge: false);
            }
        }
    }

    private async Task Process(IReadOnlyList<Delivery> group, CancellationToken stop, CancellationToken abort)
    {
        while (true)
        {
            try
            {
                var failures = await processor.Process([.. group.Select(delivery => delivery.Message)], abort);
                for (var i = 0; i < group.Count; i++)
                {
                    await Settle(group[i], failures[i], abort);
                }

                return;
            }
            catch (Exception failure) when (Database.IsUnavailable(failure) && !abort.IsCancellationRequested)
            {
                if (await database.Answers(abort))
                {
                    await BlameMessages(group, failure, stop, abort);
                    return;
                }

                await WaitForDatabase(failure, stop);
            }
        }
    }

    /// <summary>The database is there, so one of the messages broke the connection; on their own, only that one fails.</summary>
    private async Task BlameMessages(IReadOnlyList<Delivery> group, Exception failure, CancellationToken stop, CancellationToken abort)
    {
        if (group.Count == 1)
        {
            await Settle(group[0], failure, abort);
            return;
        }

        foreach (var delivery in group)
        {
            await Process([delivery], stop, abort);
        }
    }

    private async Task WaitForDatabase(Exception failure, CancellationToken stop)
    {
        health.DatabaseLost(failure.Message);
        logger.LogWarning(BusEvents.DatabaseUnavailable, "{Queue} waits for its database: {Reason}", settings.Queue, failure.Message);
        do
        {
            await Task.Delay(AskDatabaseAgain, time, stop);
        }
        while (!await database.Answers(stop));

        health.DatabaseBack();
        logger.LogInformation(BusEvents.DatabaseAvailable, "{Queue} has its database again", settings.Queue);
    }

    private async Task Settle(Delivery delivery, Exception? failure, CancellationToken abort) =>
        await Answer(delivery, acknowledge: failure is null || await Recover(delivery.Message, failure, abort));

    private async Task<bool> Recover(IncomingMessage message, Exception failure, CancellationToken abort)
    {
        try
        {
            return await recoverability.Recover(message, failure, abort);
        }
        catch (BrokerUnavailableException unavailable)
        {
            logger.LogWarning(BusEvents.BrokerUnavailable, "Message {MessageId} stays in its queue: {Reason}", message.MessageId, unavailable.Message);
            return false;
        }
    }

    /// <summary>Acknowledges or requeues. Where the channel is gone, the broker has requeued it already.</summary>
    private async Task Answer(Delivery delivery, bool acknowledge)
    {
        try
        {
            if (acknowledge)
            {
                await delivery.Channel.BasicAckAsync(delivery.Tag, multiple: false, CancellationToken.None);
            }
            else
            {
                await delivery.Channel.BasicRejectAsync(delivery.Tag, requeue: true, CancellationToken.None);
            }
        }
        catch (Exception closed) when (closed is AlreadyClosedException or ObjectDisposedException or OperationInterruptedException)
        {
            logger.LogInformation(
                BusEvents.AcknowledgementLost, "Message {MessageId} could not be answered for and will be delivered again: {Reason}", delivery.Message.MessageId, closed.Message);
        }
    }

    private async Task Receive(IChannel channel, ulong tag, bool redelivered, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body)
    {
        try
        {
            // The client reuses the body's memory once this method returns.
            _deliveries.Writer.TryWrite(new Delivery(channel, tag, AmqpMapping.ToMessage(properties, redelivered, body.ToArray())));
        }
        catch (Exception unreadable)
        {
            await MoveToErrorQueue(channel, tag, unreadable, properties, body);
        }
    }

    /// <summary>A message that cannot be read goes to the error queue as it is; where that fails, it goes back to its own.</summary>
    private async Task MoveToErrorQueue(
        IChannel channel, ulong tag, Exception unreadable, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body)
    {
        try
        {
            await dispatcher.Forward(settings.ErrorQueue, properties, body, CancellationToken.None);
            logger.LogError(
                BusEvents.PoisonMessage, unreadable, "A message that cannot be read went from {Queue} to {ErrorQueue}", settings.Queue, settings.ErrorQueue);
            await channel.BasicAckAsync(tag, multiple: false, CancellationToken.None);
        }
        catch (Exception failure) when (channel.IsOpen)
        {
            logger.LogWarning(BusEvents.BrokerUnavailable, "A message that cannot be read stays in {Queue}: {Reason}", settings.Queue, failure.Message);
            await channel.BasicRejectAsync(tag, requeue: true, CancellationToken.None);
        }
    }

    private async Task Delay(TimeSpan delay, CancellationToken stop)
    {
        try
        {
            await Task.Delay(delay, time, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            logger.LogDebug(BusEvents.Stopped, "{Queue} stops while it waits for the broker", settings.Queue);
        }
    }

    private sealed record Delivery(IChannel Channel, ulong Tag, IncomingMessage Message);

    private sealed class Consumer(IChannel channel, RabbitMqReceiver receiver) : AsyncDefaultBasicConsumer(channel)
    {
        private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Ends with the reason when the broker delivers no more.</summary>
        public Task<string> Closed => _closed.Task;

        public override Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default) =>
            receiver.Receive(Channel, deliveryTag, redelivered, properties, body);

        public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
        {
            _closed.TrySetResult("the broker cancelled the consumer");
            return base.HandleBasicCancelAsync(consumerTag, cancellationToken);
        }

        public override Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason)
        {
            _closed.TrySetResult(reason.ReplyText);
            return base.HandleChannelShutdownAsync(channel, reason);
        }
    }

    private sealed class Subscription(IConnection connection, IChannel channel, string consumerTag, Task<string> closed) : IAsyncDisposable
    {
        public Task<string> Closed => closed;

        public async Task StopConsuming()
        {
            if (channel.IsOpen)
            {
                await channel.BasicCancelAsync(consumerTag);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await channel.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}
