namespace ShopSaga.Bus.Testing;

/// <summary>
/// A broker in this process's memory, with the contract of the real one: events go to all subscribers of a type and of its base types,
/// a message to a missing queue is refused, delayed messages wait, and unacknowledged messages are delivered again. For tests.
/// <code>
///   without a seed   endpoints receive by themselves, concurrently
///   with a seed      only DeliverNext delivers: the seed chooses which message comes next (any one of any queue), which comes twice,
///                    and at which crash point the receiver dies over it; the same seed and the same calls give the same run
/// </code>
/// </summary>
public sealed class InMemoryBroker(TimeProvider time, int? seed = null)
{
    private readonly Lock _lock = new();
    private Random _random = new(seed ?? 0);
    private readonly SortedDictionary<string, InMemoryQueue> _queues = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedSet<string>> _subscribers = [];
    private readonly AsyncLocal<CrashPlan?> _crash = new();
    private long _sequence;

    /// <summary>The chance that a delivered message stays in its queue, as if it had been sent twice; 0 to 1, only with a seed.</summary>
    public double Duplicates { get; set; }

    /// <summary>The chance that the receiver dies at one of the crash points of processing a message; 0 to 1, only with a seed.</summary>
    public double Crashes { get; set; }

    /// <summary>When the next delayed message is due; null when none waits.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            lock (_lock)
            {
                var now = time.GetUtcNow();
                return _queues.Values.SelectMany(queue => queue.Ready).Where(message => message.Due > now).Min(message => message.Due);
            }
        }
    }

    /// <summary>The number of messages that were ever put into a queue.</summary>
    public long Sent
    {
        get
        {
            lock (_lock)
            {
                return _sequence;
            }
        }
    }

    internal bool IsDriven => seed is not null;

    internal TimeProvider Time => time;

    /// <summary>A transport of one endpoint. Endpoints on the same broker talk to each other.</summary>
    public TransportDefinition NewTransport() => new Definition(this);

    /// <summary>The number of messages in a queue that no receiver holds, due or not.</summary>
    public int Depth(string queue)
    {
        lock (_lock)
        {
            return _queues.TryGetValue(queue, out var found) ? found.Ready.Count : 0;
        }
    }

    /// <summary>
    /// Delivers one message that is due and waits until its receiver has processed it and the messages it sent have left. Gives false when
    /// no message is due.
    /// </summary>
    /// <exception cref="InvalidOperationException">The broker has no seed.</exception>
    public Task<bool> DeliverNext() => DeliverNext(diesAt: null);

    /// <summary>Forgets all messages, and goes on as a new broker with this seed would. Queues, subscriptions and receivers stay.</summary>
    public void StartAnew(int newSeed)
    {
        lock (_lock)
        {
            _random = new Random(newSeed);
            _sequence = 0;
            foreach (var queue in _queues.Values)
            {
                queue.Ready.Clear();
            }
        }
    }

    /// <summary>Returns the messages of an error queue to the queues that they failed in, and gives their number.</summary>
    public int ReturnFailed(string errorQueue)
    {
        lock (_lock)
        {
            var failed = _queues.TryGetValue(errorQueue, out var queue) ? queue.Ready.ToList() : [];
            queue?.Ready.Clear();
            foreach (var message in failed)
            {
                _queues[message.Headers["NServiceBus.FailedQ"]].Ready.Add(message with { Sequence = _sequence++, Deliveries = 0 });
            }

            return failed.Count;
        }
    }

    /// <summary>Waits until all that was committed, in sessions too, has left: what may come next is then the same in every run.</summary>
    public Task WaitUntilSent()
    {
        lock (_lock)
        {
            return Task.WhenAll(_queues.Values.SelectMany(queue => queue.Receivers).Select(receiver => receiver.WaitUntilSent()).ToList());
        }
    }

    /// <summary>
    /// As <see cref="DeliverNext()"/>, with the crash point at which the receiver dies over the message; chosen by chance when null.
    /// </summary>
    internal async Task<bool> DeliverNext(CrashPoint? diesAt)
    {
        if (!IsDriven)
        {
            throw new InvalidOperationException("A broker without a seed delivers by itself.");
        }

        await WaitUntilSent();
        InMemoryReceiver receiver;
        InMemoryMessage message;
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var deliverable = _queues.Values.Where(queue => queue.Receivers.Count > 0)
                .SelectMany(queue => queue.Ready
                    .Where(candidate => candidate.Due is null || candidate.Due <= now)
                    .Select(candidate => (queue, candidate)))
                .ToList();
            if (deliverable.Count == 0)
            {
                return false;
            }

            (var from, message) = deliverable[_random.Next(deliverable.Count)];
            receiver = from.Receivers[_random.Next(from.Receivers.Count)];
            from.Ready.Remove(message);
            if (_random.NextDouble() < Duplicates)
            {
                from.Ready.Add(message with { Sequence = _sequence++ });
            }

            var points = Enum.GetValues<CrashPoint>();
            var (dies, point) = (_random.NextDouble() < Crashes, points[_random.Next(points.Length)]);
            _crash.Value = new CrashPlan(diesAt ?? (dies ? point : null));
        }

        using var plan = _crash.Value;
        await receiver.ProcessNow(message, plan.Token);
        return true;
    }

    /// <summary>
    /// Lets the receiver die at the crash point planned for the message it processes, by cancelling it as a hard stop would.
    /// </summary>
    internal Task AtCrashPoint(CrashPoint point, string id)
    {
        if (_crash.Value is { } plan && plan.Point == point)
        {
            plan.Cancel();
            plan.Token.ThrowIfCancellationRequested();
        }

        return Task.CompletedTask;
    }

    internal void Declare(params string?[] addresses)
    {
        lock (_lock)
        {
            foreach (var address in addresses.OfType<string>())
            {
                _queues.TryAdd(address, new InMemoryQueue());
            }
        }
    }

    internal void Subscribe(string address, Type type)
    {
        lock (_lock)
        {
            var exchange = ConventionalTopology.ExchangeOf(type);
            if (!_subscribers.TryGetValue(exchange, out var addresses))
            {
                _subscribers.Add(exchange, addresses = new SortedSet<string>(StringComparer.Ordinal));
            }

            addresses.Add(address);
        }
    }

    /// <summary>Messages of one call are in flight together, so they arrive in any order; the seed chooses it.</summary>
    internal IReadOnlyList<OutgoingOperation> InOrderOfArrival(IReadOnlyList<OutgoingOperation> operations)
    {
        lock (_lock)
        {
            return IsDriven ? [.. operations.OrderBy(_ => _random.Next())] : operations;
        }
    }

    /// <param name="operation">The message.</param>
    /// <param name="sentAt">By the sender's clock, from which it reckons a delay; null when it is the broker's.</param>
    /// <exception cref="DestinationMissingException">The destination does not exist.</exception>
    internal void Store(OutgoingOperation operation, DateTimeOffset? sentAt = null)
    {
        lock (_lock)
        {
            if (operation.Destination is { } destination && !_queues.ContainsKey(destination))
            {
                throw new DestinationMissingException($"There is no queue {destination}.");
            }

            var now = time.GetUtcNow();
            var due = now + (operation.Delay ?? (operation.DeliverAt - (sentAt ?? now)));
            foreach (var address in AddressesOf(operation))
            {
                _queues[address].Ready.Add(new InMemoryMessage(_sequence++, operation.MessageId, operation.Headers, operation.Body, due));
                _queues[address].Arrived();
            }
        }
    }

    /// <exception cref="InvalidOperationException">There is no such queue.</exception>
    internal void Attach(string address, InMemoryReceiver receiver)
    {
        lock (_lock)
        {
            var queue = _queues.GetValueOrDefault(address)
                ?? throw new InvalidOperationException(
                    $"There is no queue {address}: enable the installers, or start an endpoint that does.");
            queue.Receivers.Add(receiver);
        }
    }

    internal void Detach(string address, InMemoryReceiver receiver)
    {
        lock (_lock)
        {
            _queues[address].Receivers.Remove(receiver);
        }
    }

    /// <summary>
    /// The next message that is due, in the order of sending; else when the next one will be, and a task that ends when one arrives.
    /// </summary>
    internal (InMemoryMessage? Message, DateTimeOffset? Due, Task Arrival) Take(string address)
    {
        lock (_lock)
        {
            var queue = _queues[address];
            var now = time.GetUtcNow();
            var message = queue.Ready.Where(candidate => candidate.Due is null || candidate.Due <= now)
                .MinBy(candidate => candidate.Sequence);
            if (message is not null)
            {
                queue.Ready.Remove(message);
            }

            return (message, queue.Ready.Min(waiting => waiting.Due), queue.NextArrival);
        }
    }

    internal void PutBack(string address, InMemoryMessage message)
    {
        lock (_lock)
        {
            _queues[address].Ready.Add(message with { Deliveries = message.Deliveries + 1 });
            _queues[address].Arrived();
        }
    }

    private IEnumerable<string> AddressesOf(OutgoingOperation operation)
    {
        if (operation.EventType is not { } type)
        {
            return [operation.Destination!];
        }

        return MessageTypes.BasesOf(type).Prepend(type).Concat(type.GetInterfaces())
            .SelectMany(each => _subscribers.GetValueOrDefault(ConventionalTopology.ExchangeOf(each)) ?? [])
            .Distinct();
    }

    private sealed class Definition(InMemoryBroker broker) : TransportDefinition
    {
        internal override ITransport Create(TransportContext context) => new InMemoryTransport(broker, context);
    }

    private sealed class CrashPlan(CrashPoint? point) : IDisposable
    {
        private readonly CancellationTokenSource _process = new();

        public CrashPoint? Point => point;

        public CancellationToken Token => _process.Token;

        public void Cancel() => _process.Cancel();

        public void Dispose() => _process.Dispose();
    }
}

/// <summary>A stored message; a null due time means now.</summary>
internal sealed record InMemoryMessage(
    long Sequence,
    string NativeId,
    IReadOnlyDictionary<string, string> Headers, ReadOnlyMemory<byte> Body,
    DateTimeOffset? Due,
    int Deliveries = 0);

/// <summary>A queue, guarded by its broker's lock.</summary>
internal sealed class InMemoryQueue
{
    private TaskCompletionSource _arrival = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<InMemoryMessage> Ready { get; } = [];

    public List<InMemoryReceiver> Receivers { get; } = [];

    public Task NextArrival => _arrival.Task;

    public void Arrived()
    {
        _arrival.TrySetResult();
        _arrival = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
