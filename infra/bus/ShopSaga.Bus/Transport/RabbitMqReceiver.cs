using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace ShopSaga.Bus;

/// <summary>
/// Takes messages from the endpoint's queue and hands them to the pump.
/// <code>
///   connect ─► declare, subscribe ─► consume ─► pump ─► RabbitMqAnswers
///      ▲                               └─ cannot be read ─► error queue, as it is
///      └─ after the recovery interval ◄─ lost; what was not answered for is delivered again by the broker
/// </code>
/// </summary>
internal sealed class RabbitMqReceiver(RabbitMqConnections connections, RabbitMqDispatcher dispatcher, TransportContext context) : IAsyncDisposable
{
    private readonly ReceiveSettings _settings = context.Receiving;
    private readonly ILogger _logger = context.Loggers.CreateLogger<RabbitMqReceiver>();
    private Subscription? _subscription;

    /// <summary>Receives until <paramref name="stop"/>. The connection stays open, for acknowledgements, until this is disposed of.</summary>
    public async Task Run(MessagePump pump, CancellationToken stop)
    {
        var lostAt = context.Time.GetTimestamp();
        var critical = false;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                _subscription = await Subscribe(pump, stop);
                context.Health.BrokerConnected();
                critical = false;
                _logger.LogInformation(BusEvents.BrokerConnected, "{Queue} is receiving", _settings.Queue);
                var reason = await _subscription.Closed.WaitAsync(stop);
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
                    await context.CriticalError($"{_settings.Queue} could not reach the broker for {context.Time.GetElapsedTime(lostAt)}.", failure);
                }
            }

            await Delay(connections.Transport.NetworkRecoveryInterval, stop);
        }

        await StopConsuming();
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
            _logger.LogInformation(BusEvents.BrokerUnavailable, "{Queue} stops without the broker: {Reason}", _settings.Queue, lost.Message);
        }
    }

    private void Lost(string reason)
    {
        context.Health.BrokerLost(reason);
        _logger.LogWarning(BusEvents.BrokerUnavailable, "{Queue} lost the broker and connects again: {Reason}", _settings.Queue, reason);
    }

    private async Task<Subscription> Subscribe(MessagePump pump, CancellationToken cancellationToken)
    {
        var connection = await connections.Open("MessagePump", cancellationToken);
        try
        {
            var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
            if (_settings.Installers)
            {
                await Install(channel, cancellationToken);
            }

            foreach (var type in _settings.Events)
            {
                await ConventionalTopology.Subscribe(channel, _settings.Queue, type, cancellationToken);
            }

            var prefetch = Math.Max(3L, 2L * _settings.GroupSize) * _settings.Concurrency;
            await channel.BasicQosAsync(0, (ushort)Math.Min(prefetch, ushort.MaxValue), global: false, cancellationToken);
            var answers = new RabbitMqAnswers(channel, _logger);
            var consumer = new Consumer(channel, answers, this, pump, cancellationToken);
            await channel.BasicConsumeAsync(
                _settings.Queue, autoAck: false, _settings.ConsumerTag, noLocal: false, exclusive: false, arguments: null, consumer, cancellationToken);
            return new Subscription(connection, channel, _settings.ConsumerTag, consumer.Closed, answers);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task Install(IChannel channel, CancellationToken cancellationToken)
    {
        await ConventionalTopology.DeclareAddress(channel, _settings.Queue, cancellationToken);
        await ConventionalTopology.DeclareAddress(channel, _settings.ErrorQueue, cancellationToken);
        if (_settings.AuditQueue is { } audit)
        {
            await ConventionalTopology.DeclareAddress(channel, audit, cancellationToken);
        }

        await ConventionalTopology.DeclareDelays(channel, cancellationToken);
        await ConventionalTopology.BindDelayedDelivery(channel, _settings.Queue, cancellationToken);
    }

    /// <summary>A message that cannot be read goes to the error queue as it is; where that fails, it goes back to its own, after a pause.</summary>
    private async Task MoveToErrorQueue(
        RabbitMqAnswers answers, ulong tag, Exception unreadable, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken stop)
    {
        try
        {
            await dispatcher.Forward(_settings.ErrorQueue, properties, body);
            _logger.LogError(
                BusEvents.PoisonMessage, unreadable, "A message that cannot be read went from {Queue} to {ErrorQueue}", _settings.Queue, _settings.ErrorQueue);
            answers.Acknowledge(tag);
        }
        catch (Exception failure)
        {
            _logger.LogWarning(BusEvents.BrokerUnavailable, "A message that cannot be read stays in {Queue}: {Reason}", _settings.Queue, failure.Message);
            await Delay(MessagePump.BeforeAnotherAttempt, stop);
            await answers.Requeue(tag);
        }
    }

    private async Task Delay(TimeSpan delay, CancellationToken stop)
    {
        try
        {
            await Task.Delay(delay, context.Time, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            _logger.LogDebug(BusEvents.Stopped, "{Queue} stops while it waits", _settings.Queue);
        }
    }

    private sealed class Consumer(IChannel channel, RabbitMqAnswers answers, RabbitMqReceiver receiver, MessagePump pump, CancellationToken stop)
        : AsyncDefaultBasicConsumer(channel)
    {
        private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Ends with the reason when the broker delivers no more.</summary>
        public Task<string> Closed => _closed.Task;

        public override async Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
        {
            IncomingMessage message;
            try
            {
                // The client reuses the body's memory once this method returns.
                message = AmqpMapping.ToMessage(properties, redelivered, body.ToArray());
            }
            catch (Exception unreadable)
            {
                await receiver.MoveToErrorQueue(answers, deliveryTag, unreadable, properties, body, stop);
                return;
            }

            pump.Enqueue(new RabbitMqInFlightMessage(answers, deliveryTag, message));
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
        IConnection connection, IChannel channel, string consumerTag, Task<string> closed, RabbitMqAnswers answers) : IAsyncDisposable
    {
        private readonly Task _answering = Task.Run(answers.Run);

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
            answers.Complete();
            await _answering;
            await channel.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}

/// <summary>A message that the broker handed out on a channel.</summary>
internal sealed class RabbitMqInFlightMessage(RabbitMqAnswers answers, ulong tag, IncomingMessage message) : InFlightMessage(message)
{
    private bool _answered;

    public override bool IsAlive => answers.ReachBroker;

    public override ValueTask Acknowledge()
    {
        if (!_answered)
        {
            _answered = true;
            answers.Acknowledge(tag);
        }

        return ValueTask.CompletedTask;
    }

    public override ValueTask Requeue()
    {
        if (_answered)
        {
            return ValueTask.CompletedTask;
        }

        _answered = true;
        return answers.Requeue(tag);
    }
}
