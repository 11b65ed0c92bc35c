using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace ShopSaga.Bus;

/// <summary>
/// Hands messages to the broker, over one connection and one channel with publisher confirms. All messages of a call are in flight
/// together; the call returns when the broker has them all. The connection is opened when first needed and again after it was lost.
/// <code>
///   event        ─► exchange of its type, declared once; returned when no queue takes it
///   destination  ─► exchange of that name, looked for once; a queue must take it
///   delayed      ─► exchange of the delay's highest bit, the destination bound once; a queue must take it
/// </code>
/// A channel that closes fails every message in flight on it, those that were not to blame, too. Each is published once more on the next
/// channel.
/// </summary>
internal sealed class RabbitMqDispatcher : IAsyncDisposable
{
    /// <summary>A broker that is out of memory or disk blocks publishers without an error; waiting longer than this is one.</summary>
    private static readonly TimeSpan ConfirmTimeout = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim _connecting = new(1, 1);
    private readonly RabbitMqConnections _connections;
    private readonly TransportContext _context;
    private readonly ReturnedEvents _returned;
    private PublishChannel? _current;

    public RabbitMqDispatcher(RabbitMqConnections connections, TransportContext context)
    {
        _connections = connections;
        _context = context;
        _returned = new ReturnedEvents(Publish, context.Time, context.Loggers.CreateLogger<RabbitMqDispatcher>());
    }

    /// <exception cref="BrokerUnavailableException">Not all of the messages reached the broker; they can be dispatched again.</exception>
    public async Task Dispatch(IReadOnlyList<OutgoingOperation> operations, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(ConfirmTimeout, _context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            if (operations.Count == 1)
            {
                await Publish(operations[0], either.Token);
                return;
            }

            await Task.WhenAll(operations.Select(operation => PublishOneOfSeveral(operation, either.Token)));
        }
        catch (BrokerUnavailableException)
        {
            throw;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BrokerUnavailableException(
                timeout.IsCancellationRequested
                    ? $"The broker did not confirm {operations.Count} messages within {ConfirmTimeout.TotalSeconds:0} s."
                    : $"{operations.Count} messages could not be handed to the broker: {failure.Message}",
                failure)
            {
                IsRefusal = !timeout.IsCancellationRequested
                    && failure is not BrokerUnreachableException and not OperationCanceledException,
            };
        }
    }

    /// <summary>
    /// Passes a message on, to the exchange of a queue; with its headers as texts that fit, where the broker refuses them or where they are
    /// nested so deeply that sending them is an attack.
    /// </summary>
    public async Task Forward(string address, BasicProperties properties, ReadOnlyMemory<byte> body)
    {
        using var timeout = new CancellationTokenSource(ConfirmTimeout, _context.Time);
        try
        {
            await Forward(asTexts: AmqpMapping.IsDeep(properties));
        }
        catch (Exception failure)
            when (failure is not BrokerUnreachableException and not OperationCanceledException and not BrokerUnavailableException)
        {
            await Forward(asTexts: true);
        }

        async Task Forward(bool asTexts)
        {
            var channel = await Channel(timeout.Token);
            var sent = asTexts ? AmqpMapping.AsTexts(properties, channel.MaxFrame) : properties;
            await channel.Forward(address, sent, body, timeout.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _returned.Dispose();
        if (_current is not null)
        {
            await _current.DisposeAsync();
        }

        _connecting.Dispose();
    }

    private async Task PublishOneOfSeveral(OutgoingOperation operation, CancellationToken cancellationToken)
    {
        await Publish(operation, cancellationToken);
        if (_context.AtCrashPoint is not null)
        {
            await _context.AtCrashPoint(CrashPoint.Dispatching, operation.MessageId);
        }
    }

    private async Task Publish(OutgoingOperation operation, CancellationToken cancellationToken)
    {
        var channel = await Channel(cancellationToken);
        try
        {
            await channel.Publish(operation, cancellationToken);
        }
        catch (Exception failure)
            when (!channel.IsOpen && failure is not BrokerUnavailableException && !cancellationToken.IsCancellationRequested)
        {
            await (await Channel(cancellationToken)).Publish(operation, cancellationToken);
        }
    }

    private async Task<PublishChannel> Channel(CancellationToken cancellationToken)
    {
        if (_current is { IsOpen: true } open)
        {
            return open;
        }

        await _connecting.WaitAsync(cancellationToken);
        try
        {
            if (_current is { IsOpen: true } opened)
            {
                return opened;
            }

            var previous = _current;
            _current = null;
            if (previous is not null)
            {
                await previous.DisposeAsync();
            }

            return _current = await PublishChannel.Open(_connections, _context, _returned, cancellationToken);
        }
        finally
        {
            _connecting.Release();
        }
    }
}
