using System.Collections;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus;

/// <summary>
/// The path of a failed message:
/// <code>
///   unrecoverable ───────────────────────────────────────────────────► error queue: a copy with the failure in its headers
///   a lock or a statement timed out ─► 2: at once it would wait again
///   1 immediate retries left?  back to its queue, at once: six attempts by default
///   2 delayed retries left?    a copy waits in the delay queues for 10, then 20, then 30 s; six attempts after each
///   3 neither, or the last delayed retry is a day old ───────────────► error queue
/// </code>
/// A copy is safe with the broker before the original is acknowledged.
/// </summary>
internal sealed class Recoverability(
    RecoverabilitySettings settings,
    string endpointName,
    string errorQueue,
    IReadOnlyDictionary<string, string> staticHeaders,
    HostIdentity host,
    Dispatch dispatch,
    ReceiveObserver observer,
    TimeProvider time,
    ILogger<Recoverability> logger)
{
    // In characters. AmqpLimits makes the headers fit into a frame; these come before, so that a stack trace does not cost other details.
    private const int MaxMessage = 16_384;
    private const int MaxStackTrace = 32_768;
    private static readonly TimeSpan RetriesExpireAfter = TimeSpan.FromDays(1);

    /// <summary>
    /// Handles the failure. Returns true when the message is elsewhere and can be acknowledged, false when it must be requeued.
    /// </summary>
    public async Task<bool> Recover(IncomingMessage message, Exception failure, CancellationToken cancellationToken)
    {
        var delayedRetries = DelayedRetriesOf(message);
        var expired = WireTime.TryParse(message.Headers.GetValueOrDefault(Headers.DelayedRetriesTimestamp), out var last)
            && time.GetUtcNow() - last > RetriesExpireAfter;
        var (decision, delay) = settings.Decide(failure, message.DeliveryAttempt, delayedRetries, expired);
        switch (decision)
        {
            case Recovery.ImmediateRetry:
                logger.LogInformation(
                    LogEvents.ImmediateRetry,
                    failure,
                    "Message {MessageId} failed at attempt {Attempt} and is tried again at once",
                    message.MessageId,
                    message.DeliveryAttempt);
                break;
            case Recovery.DelayedRetry:
                await dispatch([DelayedCopy(message, delayedRetries + 1, delay)], cancellationToken);
                logger.LogWarning(
                    LogEvents.DelayedRetry, failure, "Message {MessageId} failed and is tried again in {Delay}", message.MessageId, delay);
                break;
            default:
                await dispatch([FailedCopy(message, failure)], cancellationToken);
                logger.LogError(
                    LogEvents.MovedToErrorQueue,
                    failure,
                    "Message {MessageId} failed for good and went to queue {ErrorQueue}",
                    message.MessageId,
                    errorQueue);
                break;
        }

        observer.Recovered(message, decision, failure);
        return decision != Recovery.ImmediateRetry;
    }

    private static int DelayedRetriesOf(IncomingMessage message) =>
        int.TryParse(
            message.Headers.GetValueOrDefault(Headers.DelayedRetries), NumberStyles.None, CultureInfo.InvariantCulture, out var performed)
            ? performed
            : 0;

    private OutgoingOperation DelayedCopy(IncomingMessage message, int number, TimeSpan delay)
    {
        var now = time.GetUtcNow();
        var headers = new Dictionary<string, string>(message.Headers)
        {
            [Headers.DelayedRetries] = number.ToString(CultureInfo.InvariantCulture),
            [Headers.DelayedRetriesTimestamp] = WireTime.ToWire(now),
        };
        headers.TryAdd(Headers.DeliverAt, WireTime.ToWire(now + delay));
        StartNewTrace(headers, staticHeaders.GetValueOrDefault(Headers.StartNewTrace, bool.TrueString));
        return new OutgoingOperation
        {
            MessageId = message.MessageId,
            Headers = headers,
            Body = message.Body,
            Destination = endpointName,
            Delay = delay,
        };
    }

    private OutgoingOperation FailedCopy(IncomingMessage message, Exception failure)
    {
        var headers = new Dictionary<string, string>(message.Headers)
        {
            ["NServiceBus.FailedQ"] = endpointName,
            ["NServiceBus.TimeOfFailure"] = WireTime.ToWire(time.GetUtcNow()),
            [Headers.ProcessingMachine] = host.MachineName,
            [Headers.ProcessingEndpoint] = endpointName,
            [Headers.HostId] = host.HostIdText,
            [Headers.HostDisplayName] = host.DisplayName,
        };
        (string Name, string? Text)[] details =
        [
            ("ExceptionType", failure.GetType().FullName),
            ("InnerExceptionType", failure.InnerException?.GetType().FullName),
            ("HelpLink", failure.HelpLink),
            ("Source", failure.Source),
            ("Message", Cut(failure.Message, MaxMessage)),
            ("StackTrace", Cut(failure.ToString(), MaxStackTrace)),
            .. failure.Data.Cast<DictionaryEntry>().Where(entry => entry.Value is not null).Select(entry =>
                ($"Data.{entry.Key}", Cut(Convert.ToString(entry.Value, CultureInfo.InvariantCulture) ?? string.Empty, MaxMessage))),
        ];
        foreach (var (name, text) in details.Where(detail => detail.Text is not null))
        {
            headers["NServiceBus.ExceptionInfo." + name] = text!;
        }

        headers.Remove(Headers.DelayedRetries);
        headers.Remove("NServiceBus.FLRetries");
        StartNewTrace(headers, bool.TrueString);
        return new OutgoingOperation { MessageId = message.MessageId, Headers = headers, Body = message.Body, Destination = errorQueue };
    }

    /// <summary>The beginning, without half a surrogate pair at its end, which UTF-8 cannot carry.</summary>
    private static string Cut(string text, int max) =>
        text.Length <= max ? text : text[..(char.IsHighSurrogate(text[max - 1]) ? max - 1 : max)];

    private static void StartNewTrace(Dictionary<string, string> headers, string value)
    {
        if (headers.ContainsKey(Headers.DiagnosticsTraceParent))
        {
            headers[Headers.StartNewTrace] = value;
        }
    }
}
