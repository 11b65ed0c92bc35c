using System.Diagnostics;

namespace ShopSaga.Bus;

/// <summary>
/// Reports each attempt to process a message: as spans, on NServiceBus' meters, and to the endpoint's reporter.
/// <code>
///   Fetched ─► Begin ─► BeginHandler ─► Ended … ─► Dispatching ─► Dispatched ─► Succeeded
///                                         any of them failed ─► Failed ─► Recovered
/// </code>
/// Without a listener, <see cref="Begin"/> returns null and nothing is measured.
/// </summary>
internal sealed class ReceiveObserver(
    string queue, MessageTypes types, Func<Type, bool, string> handlerNames, IEndpointReporter? reporter, TimeProvider time)
{
    // Fields, because the attempts use them.
    private readonly IEndpointReporter? _reporter = reporter;
    private readonly TimeProvider _time = time;

    private bool IsListenedTo => _reporter is not null || BusMeters.Enabled || Tracing.Source.HasListeners();

    /// <summary>Messages were taken from the queue to be processed.</summary>
    public void Fetched(IReadOnlyList<IncomingMessage> messages)
    {
        if (BusMeters.Fetches.Enabled)
        {
            foreach (var message in messages)
            {
                BusMeters.Fetches.Add(1, TagsOf(TypeOf(message)));
            }
        }
    }

    /// <summary>Begins an attempt and adds it to the others; returns null without a listener.</summary>
    public Attempt? Begin(List<Attempt> attempts, IncomingMessage message)
    {
        if (!IsListenedTo)
        {
            return null;
        }

        var attempt = new Attempt(this, message, dispatchedBefore: null);
        attempts.Add(attempt);
        return attempt;
    }

    /// <summary>Begins attempts at the messages that were processed before.</summary>
    /// <param name="attempts">Where to add them.</param>
    /// <param name="messages">All messages of the group.</param>
    /// <param name="known">The ids of those that were processed, with whether the messages they sent have left.</param>
    public void BeginKnown(List<Attempt> attempts, IReadOnlyList<IncomingMessage> messages, IReadOnlyDictionary<string, bool> known)
    {
        if (known.Count == 0 || !IsListenedTo)
        {
            return;
        }

        foreach (var message in messages)
        {
            if (known.TryGetValue(message.MessageId, out var dispatched))
            {
                attempts.Add(new Attempt(this, message, dispatched));
            }
        }
    }

    public void Dispatching(List<Attempt> attempts, int messageCount)
    {
        foreach (var attempt in attempts)
        {
            attempt.Span?.AddEvent(new ActivityEvent(
                "Start dispatching", tags: new ActivityTagsCollection { ["message-count"] = messageCount }));
        }
    }

    public void Dispatched(List<Attempt> attempts)
    {
        foreach (var attempt in attempts)
        {
            attempt.Span?.AddEvent(new ActivityEvent("Finished dispatching"));
        }
    }

    public void Succeeded(List<Attempt> attempts)
    {
        foreach (var attempt in attempts)
        {
            attempt.Succeeded();
        }
    }

    /// <param name="attempts">The attempts that failed together.</param>
    /// <param name="failure">Why.</param>
    /// <param name="isRepeated">Whether each is attempted once more, alone; then nothing has failed yet.</param>
    /// <param name="stop">Cancelled when the endpoint must stop at once; then nothing has failed either.</param>
    public void Failed(List<Attempt> attempts, Exception failure, bool isRepeated, CancellationToken stop)
    {
        foreach (var attempt in attempts)
        {
            if (isRepeated)
            {
                attempt.Span?.Dispose();
            }
            else
            {
                attempt.Failed(failure, isCounted: !stop.IsCancellationRequested);
            }
        }
    }

    /// <summary>Counts a decision of recoverability.</summary>
    public void Recovered(IncomingMessage message, Recovery recovery, Exception failure)
    {
        var counter = recovery switch
        {
            Recovery.ImmediateRetry => BusMeters.ImmediateRetries,
            Recovery.DelayedRetry => BusMeters.DelayedRetries,
            _ => BusMeters.Errors,
        };
        if (counter.Enabled)
        {
            var type = TypeOf(message);
            var tags = TagsOf(type);
            tags.Add("nservicebus.message_handler_type", HandlersOf(type, message));
            tags.Add("error.type", failure.GetType().FullName);
            counter.Add(1, tags);
        }

        if (recovery != Recovery.Error)
        {
            _reporter?.Retried(message, _time.GetUtcNow());
        }
    }

    private Type? TypeOf(IncomingMessage message) =>
        message.Headers.TryGetValue(Headers.EnclosedMessageTypes, out var enclosed) ? types.Find(enclosed) : null;

    private string? HandlersOf(Type? type, IncomingMessage message) =>
        type is null ? null : handlerNames(type, message.Headers.ContainsKey(Headers.IsSagaTimeoutMessage));

    private TagList TagsOf(Type? messageType) => new()
    {
        { "nservicebus.queue", queue },
        { "nservicebus.discriminator", string.Empty },
        { "nservicebus.message_type", messageType?.FullName },
    };

    /// <summary>One attempt to process one message.</summary>
    internal sealed class Attempt
    {
        private readonly ReceiveObserver _observer;
        private readonly IncomingMessage _message;
        private readonly Type? _type;
        private readonly bool? _dispatchedBefore;
        private readonly long _started;

        public Attempt(ReceiveObserver observer, IncomingMessage message, bool? dispatchedBefore)
        {
            _observer = observer;
            _message = message;
            _dispatchedBefore = dispatchedBefore;
            _type = observer.TypeOf(message);
            _started = observer._time.GetTimestamp();
            Span = Tracing.StartProcessing(message);
            if (dispatchedBefore is not null)
            {
                Span?.SetTag("nservicebus.outbox.deduplicate-message", true);
            }
        }

        public Activity? Span { get; }

        /// <summary>Makes the span the current one until the calling method returns.</summary>
        public void MakeCurrent() => Activity.Current = Span ?? Activity.Current;

        /// <summary>Begins a handler. Its span is current until the calling method returns.</summary>
        public HandlerAttempt BeginHandler(Type handlerType) =>
            new(handlerType, _observer.TagsOf(_type), Tracing.StartHandler(handlerType), _observer._time);

        public void Succeeded()
        {
            Tracing.End(Span, null);
            if (_dispatchedBefore == true)
            {
                return;
            }

            var tags = ResultTags("success");
            BusMeters.Successes.Add(1, tags);
            if (_dispatchedBefore is not null)
            {
                return;
            }

            var now = _observer._time.GetUtcNow();
            var processing = _observer._time.GetElapsedTime(_started);
            var critical = SinceSent(now);
            BusMeters.ProcessingTime.Record(processing.TotalSeconds, tags);
            if (critical is { } sinceSent)
            {
                BusMeters.CriticalTime.Record(sinceSent.TotalSeconds, tags);
            }

            _observer._reporter?.Processed(_message, now, processing, critical);
        }

        public void Failed(Exception failure, bool isCounted)
        {
            Tracing.End(Span, failure);
            if (isCounted)
            {
                var tags = ResultTags("failure");
                tags.Add("error.type", failure.GetType().FullName);
                BusMeters.Failures.Add(1, tags);
            }
        }

        private TagList ResultTags(string result)
        {
            var tags = _observer.TagsOf(_type);
            tags.Add("nservicebus.message_handler_types", _observer.HandlersOf(_type, _message));
            tags.Add("execution.result", result);
            return tags;
        }

        private TimeSpan? SinceSent(DateTimeOffset now) =>
            WireTime.TryParse(
                _message.Headers.GetValueOrDefault(Headers.DeliverAt) ?? _message.Headers.GetValueOrDefault(Headers.TimeSent), out var sent)
                ? now - sent
                : null;
    }

    /// <summary>One run of one handler.</summary>
    internal sealed class HandlerAttempt(Type handlerType, TagList tags, Activity? span, TimeProvider time)
    {
        private readonly long _started = time.GetTimestamp();

        public void Ended(Exception? failure)
        {
            tags.Add("nservicebus.message_handler_type", handlerType.FullName);
            tags.Add("execution.result", failure is null ? "success" : "failure");
            if (failure is not null)
            {
                tags.Add("error.type", failure.GetType().FullName);
            }

            BusMeters.HandlerTime.Record(time.GetElapsedTime(_started).TotalSeconds, tags);
            Tracing.End(span, failure);
        }
    }
}
