using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace ShopSaga.Bus;

/// <summary>
/// Takes messages from the endpoint's queue and hands them to the pump.
/// <code>
///   connect ─► declare, subscribe ─► consume ─► MessagePump ─► RabbitMqAcknowledgements
///      ▲                               └─ unreadable ─► error queue, as it came
///      └─ after the recovery interval ◄─ lost; the broker delivers again what was not settled
/// </code>
/// </summary>
internal sealed class RabbitMqReceiver(
    RabbitMqConnections connections, RabbitMqDispatcher dispatcher, TransportContext context) : IAsyncDisposable
{
    /// <summary>
    /// The pause before another attempt to renew a message, and before an unreadable one is requeued that the error queue did not take.
    /// </summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How often exchanges and bindings are asserted. Events that are published after a loss, and that no queue takes before the next
    /// assertion, wait in ReturnedEvents.
    /// </summary>
    private static readonly TimeSpan AssertEvery = TimeSpan.FromSeconds(30);

    /// <summary>
    /// After this many deliveries a copy takes the message's place. RabbitMQ 4 drops a message from a quorum queue after 20 deliveries by
    /// default, and a policy may do so on any version; crash loops and long outages must not lose one.
    /// </summary>
    private const int MaxBrokerDeliveries = 10;

    private readonly ReceiveSettings _settings = context.Receiving;
    private readonly ILogger _logger = context.Loggers.CreateLogger<RabbitMqReceiver>();
    private readonly SharedTopology _shared = new();

    /// <summary>Events without an exchange. While there are any, the topology is asserted as often as a lost broker is tried.</summary>
    private readonly HashSet<Type> _missing = [];
    private Subscription? _subscription;

    /// <summary>
    /// Receives until <paramref name="stop"/>. The connection stays open, for acknowledgements, until this is disposed of.
    /// </summary>
    public async Task Run(IDeliveryTarget target, CancellationToken stop)
    {
        var lostAt = context.Time.GetTimestamp();
        var critical = false;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                _subscription = await Subscribe(target, stop);
                context.Health.BrokerConnected();
                critical = false;
                _logger.LogInformation(LogEvents.BrokerConnected, "{Queue} is receiving", _settings.Queue);
                var reason = await UntilClosed(_subscription, stop);
                lostAt = context.Time.GetTimestamp();
                Lost(reason);
                await _subscription.DisposeAsync();
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failure)
            {
                Lost(failure.Message);
                if (!critical && context.Time.GetElapsedTime(lostAt) > connections.Transport.TimeToWaitBeforeTriggeringCircuitBreaker)
                {
                    critical = true;
                    context.CriticalError(
                        $"{_settings.Queue} could not reach the broker for {context.Time.GetElapsedTime(lostAt)}.", failure);
                }
            }

            await Delay(connections.Transport.NetworkRecoveryInterval, stop);
        }

        await StopConsuming();
    }

    /// <summary>
    /// Waits until the broker delivers no more; returns why. Meanwhile asserts the topology, which an operator may have deleted.
    /// </summary>
    private async Task<string> UntilClosed(Subscription subscription, CancellationToken stop)
    {
        while (true)
        {
            using var pause = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var interval = _missing.Count == 0 ? AssertEvery : connections.Transport.NetworkRecoveryInterval;
            var tick = Task.Delay(interval, context.Time, pause.Token);
            await Task.WhenAny(subscription.Closed, tick);
            await pause.CancelAsync();
            stop.ThrowIfCancellationRequested();
            if (subscription.Closed.IsCompleted)
            {
                return await subscription.Closed;
            }

            await AssertTopology(subscription, stop);
        }
    }

    private async Task AssertTopology(Subscription subscription, CancellationToken stop)
    {
        try
        {
            await using var channel = await subscription.Connection.CreateChannelAsync(cancellationToken: stop);
            await Declare(subscription.Connection, channel, stop);
        }
        catch (Exception failure) when (!stop.IsCancellationRequested)
        {
            NotAsserted(failure);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_subscription is not null)
        {
            await _subscription.DisposeAsync();
        }
    }

    private async Task StopConsuming()
    {
        try
        {
            await (_subscription?.StopConsuming() ?? Task.CompletedTask);
        }
        catch (Exception lost)
        {
            _logger.LogInformation(
                LogEvents.BrokerUnavailable, "{Queue} stops without the broker: {Reason}", _settings.Queue, lost.Message);
        }
    }

    private void Lost(string reason)
    {
        context.Health.BrokerLost(reason);
        _logger.LogWarning(LogEvents.BrokerUnavailable, "{Queue} lost the broker and connects again: {Reason}", _settings.Queue, reason);
    }

    private async Task<Subscription> Subscribe(IDeliveryTarget target, CancellationToken cancellationToken)
    {
        var connection = await connections.Open("MessagePump", cancellationToken);
        try
        {
            var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
            await Declare(connection, channel, cancellationToken);
            var prefetch = (Math.Max(3L, 2L * _settings.GroupSize) * _settings.Concurrency) + (3L * _settings.ConcurrencyAlone);
            await channel.BasicQosAsync(0, (ushort)Math.Min(prefetch, ushort.MaxValue), global: false, cancellationToken);
            var acknowledgements = new RabbitMqAcknowledgements(channel, _logger);
            var consumer = new Consumer(channel, acknowledgements, this, target, cancellationToken);
            await channel.BasicConsumeAsync(
                _settings.Queue,
                autoAck: false,
                _settings.ConsumerTag,
                noLocal: false,
                exclusive: false,
                arguments: null,
                consumer,
                cancellationToken);
            return new Subscription(connection, channel, _settings.ConsumerTag, consumer.Closed, acknowledgements);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task Declare(IConnection connection, IChannel channel, CancellationToken cancellationToken)
    {
        if (_settings.RunInstallers)
        {
            await Install(connection, channel, cancellationToken);
        }

        foreach (var type in _settings.Events)
        {
            try
            {
                await _shared.Declare(
                    connection,
                    ConventionalTopology.ExchangeOf(type),
                    declaring => ConventionalTopology.DeclareType(declaring, type, cancellationToken),
                    cancellationToken);
            }
            catch (DestinationMissingException missing)
            {
                // Its publisher declares it with the next event, and holds that for some seconds, so that this queue can be bound. The
                // event may be rare: the others must not wait for it.
                if (_missing.Add(type))
                {
                    NotAsserted(missing);
                }

                continue;
            }

            await ConventionalTopology.Subscribe(channel, _settings.Queue, type, cancellationToken);
            _missing.Remove(type);
        }
    }

    private void NotAsserted(Exception failure) => _logger.LogWarning(
        LogEvents.TopologyNotAsserted,
        "Exchanges and bindings of {Queue} could not be asserted: {Reason}",
        _settings.Queue,
        failure.Message);

    private async Task Install(IConnection connection, IChannel channel, CancellationToken cancellationToken)
    {
        await ConventionalTopology.DeclareAddress(channel, _settings.Queue, cancellationToken);
        await DeclareSharedAddress(_settings.ErrorQueue);
        if (_settings.AuditQueue is { } audit)
        {
            await DeclareSharedAddress(audit);
        }

        await _shared.Declare(
            connection,
            ConventionalTopology.DelayDelivery,
            declaring => ConventionalTopology.DeclareDelays(declaring, cancellationToken),
            cancellationToken);
        await ConventionalTopology.BindDelayedDelivery(channel, _settings.Queue, cancellationToken);

        Task DeclareSharedAddress(string address) => _shared.Declare(
            connection,
            address,
            declaring => ConventionalTopology.DeclareAddress(declaring, address, cancellationToken),
            cancellationToken);
    }

    private async Task Renew(Delivery delivery, CancellationToken stop)
    {
        // A message that is not requeued costs no delivery, so it waits here while the broker takes none.
        while (!stop.IsCancellationRequested && delivery.Acknowledgements.ReachesBroker)
        {
            try
            {
                await dispatcher.Forward(_settings.Queue, AmqpMapping.Renewed(delivery.Properties), delivery.Body);
                _logger.LogInformation(
                    LogEvents.DeliveriesRenewed,
                    "Message {MessageId} was delivered {Count} times; a copy took its place in {Queue}",
                    delivery.Properties.MessageId,
                    MaxBrokerDeliveries,
                    _settings.Queue);
                delivery.Acknowledgements.Acknowledge(delivery.Tag);
                return;
            }
            catch (Exception failure)
            {
                _logger.LogWarning(
                    LogEvents.BrokerUnavailable,
                    "Message {MessageId} could not be renewed in {Queue}: {Reason}",
                    delivery.Properties.MessageId,
                    _settings.Queue,
                    failure.Message);
                await Delay(RetryPause, stop);
            }
        }
    }

    /// <summary>
    /// A message that cannot be read goes to the error queue as it is; where that fails, it goes back to its own, after a pause.
    /// </summary>
    private async Task MoveToErrorQueue(Delivery delivery, Exception unreadable, CancellationToken stop)
    {
        try
        {
            await ForwardToErrorQueue(delivery.Properties, delivery.Body);
            _logger.LogError(
                LogEvents.PoisonMessage,
                unreadable,
                "A message that cannot be read went from {Queue} to {ErrorQueue}",
                _settings.Queue,
                _settings.ErrorQueue);
            delivery.Acknowledgements.Acknowledge(delivery.Tag);
        }
        catch (Exception failure)
        {
            _logger.LogWarning(
                LogEvents.BrokerUnavailable, "A message that cannot be read stays in {Queue}: {Reason}", _settings.Queue, failure.Message);
            await Delay(RetryPause, stop);
            await delivery.Acknowledgements.Requeue(delivery.Tag);
        }
    }

    private Task ForwardToErrorQueue(IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body) =>
        dispatcher.Forward(_settings.ErrorQueue, AmqpMapping.AsItCame(properties), body);

    /// <summary>Ends early when the endpoint stops.</summary>
    private async Task Delay(TimeSpan delay, CancellationToken stop) =>
        await Task.Delay(delay, context.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>A message as the broker handed it out; its body is valid until the consumer returns.</summary>
    private readonly record struct Delivery(
        RabbitMqAcknowledgements Acknowledgements, ulong Tag, IReadOnlyBasicProperties Properties, ReadOnlyMemory<byte> Body);

    private sealed class Consumer(
        IChannel channel,
        RabbitMqAcknowledgements acknowledgements,
        RabbitMqReceiver receiver,
        IDeliveryTarget target,
        CancellationToken stop)
        : AsyncDefaultBasicConsumer(channel)
    {
        private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Ends with the reason when the broker delivers no more.</summary>
        public Task<string> Closed => _closed.Task;

        public override async Task HandleBasicDeliverAsync(
            string consumerTag,
            ulong deliveryTag,
            bool redelivered,
            string exchange,
            string routingKey,
            IReadOnlyBasicProperties properties,
            ReadOnlyMemory<byte> body,
            CancellationToken cancellationToken = default)
        {
            var delivery = new Delivery(acknowledgements, deliveryTag, properties, body);
            if (AmqpMapping.BrokerDeliveries(properties) >= MaxBrokerDeliveries)
            {
                await receiver.Renew(delivery, stop);
                return;
            }

            IncomingMessage message;
            try
            {
                // The client reuses the body's memory once this method returns.
                message = AmqpMapping.ToMessage(properties, redelivered, body.ToArray());
            }
            catch (Exception unreadable)
            {
                await receiver.MoveToErrorQueue(delivery, unreadable, stop);
                return;
            }

            target.Enqueue(new RabbitMqInFlightMessage(
                acknowledgements, deliveryTag, message, () => receiver.ForwardToErrorQueue(properties, message.Body)));
        }

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

    private sealed class Subscription(
        IConnection connection,
        IChannel channel,
        string consumerTag,
        Task<string> closed,
        RabbitMqAcknowledgements acknowledgements) : IAsyncDisposable
    {
        private readonly Task _acknowledging = Task.Run(acknowledgements.Run);

        public Task<string> Closed => closed;

        public IConnection Connection => connection;

        public async Task StopConsuming()
        {
            if (channel.IsOpen)
            {
                await channel.BasicCancelAsync(consumerTag);
            }
        }

        public async ValueTask DisposeAsync()
        {
            acknowledgements.Complete();
            await _acknowledging;
            await using (connection)
            {
                await channel.DisposeAsync();
            }
        }
    }
}
