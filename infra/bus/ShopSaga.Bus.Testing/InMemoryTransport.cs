namespace ShopSaga.Bus.Testing;

/// <summary>One endpoint's connection to an <see cref="InMemoryBroker"/>.</summary>
internal sealed class InMemoryTransport(InMemoryBroker broker, TransportContext context) : ITransport
{
    private List<InMemoryReceiver> _receivers = [];

    public async Task Dispatch(IReadOnlyList<OutgoingOperation> operations, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var operation in broker.InOrderOfArrival(operations))
        {
            broker.Store(operation, context.Time.GetUtcNow());
            if (operations.Count > 1 && context.AtCrashPoint is { } reached)
            {
                await reached(CrashPoint.Dispatching, operation.MessageId);
            }
        }
    }

    public async Task Receive(IDeliveryTarget target, CancellationToken stop)
    {
        var settings = context.Receiving;
        if (settings.RunInstallers)
        {
            broker.Declare(settings.Queue, settings.ErrorQueue, settings.AuditQueue);
        }

        foreach (var type in settings.Events)
        {
            broker.Subscribe(settings.Queue, type);
        }

        var receiver = new InMemoryReceiver(broker, context, target, stop);
        _receivers.Add(receiver);
        broker.Attach(settings.Queue, receiver);
        context.Health.BrokerConnected();
        await receiver.Run();
        broker.Detach(settings.Queue, receiver);
    }

    /// <summary>A host that stops and is disposed of at once calls it twice, at the same time.</summary>
    public ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _receivers, []).ForEach(receiver => receiver.Dispose());
        return ValueTask.CompletedTask;
    }
}

/// <summary>Hands messages of one queue to a pump, at most three for each that may be processed at once.</summary>
internal sealed class InMemoryReceiver(
    InMemoryBroker broker, TransportContext context, IDeliveryTarget target, CancellationToken stop) : IDisposable
{
    /// <summary>Timers have a limit, messages do not: what is due later is looked at again after this.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromDays(1);

    private readonly SemaphoreSlim _prefetch = new(3 * context.Receiving.Concurrency * context.Receiving.GroupSize);
    private readonly Lock _lock = new();
    private readonly HashSet<InFlight> _inFlight = [];
    private bool _gone;

    public async Task Run()
    {
        try
        {
            if (broker.IsDriven)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, broker.Time, stop);
            }

            while (true)
            {
                await _prefetch.WaitAsync(stop);
                target.Enqueue(Hold(await Next()));
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The endpoint stops.
        }
    }

    /// <summary>
    /// Processes one message to its end, and until what it sent has left; cancelling <paramref name="process"/> is the receiver's death.
    /// </summary>
    public async Task ProcessNow(InMemoryMessage message, CancellationToken process)
    {
        // No prefetch: taken out of its queue, the message must be held before anything can be awaited, or a crash would lose it.
        await target.Process([Hold(message)], stop, process);
        await WaitUntilSent();
    }

    public Task WaitUntilSent() => context.WaitUntilSent();

    /// <summary>Messages that were not settled go back, as when a connection closes.</summary>
    public void Dispose()
    {
        InFlight[] unsettled;
        lock (_lock)
        {
            _gone = true;
            unsettled = [.. _inFlight];
            _inFlight.Clear();
        }

        foreach (var held in unsettled)
        {
            PutBack(held.Stored);
        }
    }

    private void Forward(InMemoryMessage message) => broker.Store(new OutgoingOperation
    {
        MessageId = message.NativeId,
        Headers = new Dictionary<string, string>(message.Headers),
        Body = message.Body,
        Destination = context.Receiving.ErrorQueue,
    });

    private void PutBack(InMemoryMessage message) => broker.PutBack(context.Receiving.Queue, message);

    private async Task<InMemoryMessage> Next()
    {
        while (true)
        {
            var (message, due, arrival) = broker.Take(context.Receiving.Queue);
            if (message is not null)
            {
                return message;
            }

            var now = broker.Time.GetUtcNow();
            var wait = due is { } at && at - now < MaxWait ? at - now : MaxWait;
            using var other = CancellationTokenSource.CreateLinkedTokenSource(stop);
            await Task.WhenAny(arrival, Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, broker.Time, other.Token));
            await other.CancelAsync();
            stop.ThrowIfCancellationRequested();
        }
    }

    private InFlight Hold(InMemoryMessage message)
    {
        var held = new InFlight(this, message);
        lock (_lock)
        {
            if (!_gone)
            {
                _inFlight.Add(held);
                return held;
            }
        }

        // The connection closed between the broker's choice and this; without a holder the message would be lost.
        PutBack(message);
        return held;
    }

    private bool Release(InFlight held)
    {
        lock (_lock)
        {
            if (_gone || !_inFlight.Remove(held))
            {
                return false;
            }
        }

        _prefetch.Release();
        return true;
    }

    private static IncomingMessage Read(InMemoryMessage message)
    {
        var headers = new Dictionary<string, string>(message.Headers);
        if (!headers.TryGetValue(Headers.MessageId, out var messageId) || messageId.Length == 0)
        {
            headers[Headers.MessageId] = messageId = message.NativeId;
        }

        return new IncomingMessage
        {
            NativeId = message.NativeId,
            MessageId = messageId,
            Headers = headers,
            Body = message.Body,
            DeliveryAttempt = message.Deliveries + 1,
        };
    }

    private sealed class InFlight(InMemoryReceiver receiver, InMemoryMessage message) : InFlightMessage(Read(message))
    {
        public InMemoryMessage Stored => message;

        public override bool IsAlive => !receiver._gone;

        public override ValueTask Acknowledge()
        {
            receiver.Release(this);
            return ValueTask.CompletedTask;
        }

        public override Task ForwardToErrorQueue()
        {
            receiver.Forward(message);
            return Task.CompletedTask;
        }

        public override ValueTask Requeue()
        {
            if (receiver.Release(this))
            {
                receiver.PutBack(message);
            }

            return ValueTask.CompletedTask;
        }
    }
}
