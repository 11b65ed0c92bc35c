using System.Globalization;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus;

/// <summary>
/// What happens to a message that failed, unless a policy of its own decides:
/// <code>
///   not worth a retry ───────────────────────────────────────────────► error queue: a copy with the failure in its headers
///   1 immediate retries left?  back to its queue, at once
///   2 delayed retries left?    a copy waits in the delay queues, 10, 20, 30 s, each with immediate retries of its own
///   3 neither ───────────────────────────────────────────────────────► error queue
/// </code>
/// A copy is safe with the broker before the original is acknowledged.
/// </summary>
internal sealed class Recoverability(
    EndpointConfiguration configuration, HostIdentity host, Dispatch dispatch, ReceiveObserver observer, TimeProvider time, ILogger<Recoverability> logger)
{
    private const int LongestMessage = 16_384;

    // All headers must fit into one frame, 128 KiB by RabbitMQ's default: over larger ones it closes the connection, and would again at every attempt.
    private const int LongestStackTrace = 32_768;
    private static readonly TimeSpan RetriesExpireAfter = TimeSpan.FromDays(1);

    private readonly RecoverabilitySettings _settings = configuration.RecoverabilitySettings;
    private readonly RecoverabilityConfig _config = configuration.RecoverabilitySettings.ConfigFor(configuration.ErrorQueue);

    /// <summary>Handles the failure. Gives true when the message is elsewhere and can be acknowledged, false when it must be requeued.</summary>
    public async Task<bool> Recover(IncomingMessage message, Exception failure, CancellationToken cancellationToken)
    {
        var context = new ErrorContext(message, failure, configuration.EndpointName)
        {
            DelayedDeliveriesPerformed = DelayedRetriesOf(message),
            DelayedRetriesExpired = WireTime.TryParse(message.Headers.GetValueOrDefault(Headers.DelayedRetriesTimestamp), out var last)
                && time.GetUtcNow() - last > RetriesExpireAfter,
        };
        switch (_settings.Policy(_config, context))
        {
            case ImmediateRetry:
                await RetryAtOnce(message, context, cancellationToken);
                return false;
            case DelayedRetry retry:
                await RetryLater(message, context, retry.Delay, cancellationToken);
                return true;
            case MoveToError move:
                await MoveToErrorQueue(message, context, move.ErrorQueue, cancellationToken);
                return true;
            case Discard discard:
                logger.LogWarning(BusEvents.Discarded, failure, "Message {MessageId} failed and is discarded: {Reason}", message.MessageId, discard.Reason);
                return true;
            case var unknown:
                throw new InvalidOperationException($"The recoverability policy gave {unknown?.ToString() ?? "nothing"}.");
        }
    }

    private async Task RetryAtOnce(IncomingMessage message, ErrorContext failed, CancellationToken cancellationToken)
    {
        var attempt = failed.ImmediateProcessingFailures;
        logger.LogInformation(
            BusEvents.ImmediateRetry, failed.Exception, "Message {MessageId} failed at attempt {Attempt} and is tried again at once", message.MessageId, attempt);
        observer.Recovered(message, Recovery.ImmediateRetry, failed.Exception);
        if (_settings.ImmediateSettings.OnRetry is { } notify)
        {
            await notify(new ImmediateRetryMessage(message.MessageId, failed.Headers, message.Body, failed.Exception, attempt), cancellationToken);
        }
    }

    private async Task RetryLater(IncomingMessage message, ErrorContext failed, TimeSpan delay, CancellationToken cancellationToken)
    {
        var number = failed.DelayedDeliveriesPerformed + 1;
        await dispatch([DelayedCopy(message, number, delay)], cancellationToken);
        logger.LogWarning(BusEvents.DelayedRetry, failed.Exception, "Message {MessageId} failed and is tried again in {Delay}", message.MessageId, delay);
        observer.Recovered(message, Recovery.DelayedRetry, failed.Exception);
        if (_settings.DelayedSettings.OnRetry is { } notify)
        {
            await notify(new DelayedRetryMessage(message.MessageId, failed.Headers, message.Body, failed.Exception, number), cancellationToken);
        }
    }

    private async Task MoveToErrorQueue(IncomingMessage message, ErrorContext failed, string errorQueue, CancellationToken cancellationToken)
    {
        await dispatch([FailedCopy(message, failed.Exception, errorQueue)], cancellationToken);
        logger.LogError(
            BusEvents.MovedToErrorQueue, failed.Exception, "Message {MessageId} failed for good and went to queue {ErrorQueue}", message.MessageId, errorQueue);
        observer.Recovered(message, Recovery.Error, failed.Exception);
        if (_settings.FailedSettings.OnSent is { } notify)
        {
            await notify(new FailedMessage(message.MessageId, failed.Headers, message.Body, failed.Exception, errorQueue), cancellationToken);
        }
    }

    private static int DelayedRetriesOf(IncomingMessage message) =>
        int.TryParse(message.Headers.GetValueOrDefault(Headers.DelayedRetries), NumberStyles.None, CultureInfo.InvariantCulture, out var performed)
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
        StartNewTrace(headers, configuration.StaticHeaders.GetValueOrDefault(Headers.StartNewTrace, bool.TrueString));
        return new OutgoingOperation { MessageId = message.MessageId, Headers = headers, Body = message.Body, Destination = configuration.EndpointName, Delay = delay };
    }

    private OutgoingOperation FailedCopy(IncomingMessage message, Exception failure, string errorQueue)
    {
        const string Info = "NServiceBus.ExceptionInfo.";
        var added = new Dictionary<string, string>
        {
            ["NServiceBus.FailedQ"] = configuration.EndpointName,
            ["NServiceBus.TimeOfFailure"] = WireTime.ToWire(time.GetUtcNow()),
            [Info + "ExceptionType"] = failure.GetType().FullName!,
            [Info + "Message"] = Cut(failure.Message, LongestMessage),
            [Info + "StackTrace"] = Cut(failure.ToString(), LongestStackTrace),
            [Headers.ProcessingMachine] = host.MachineName,
            [Headers.ProcessingEndpoint] = configuration.EndpointName,
            [Headers.HostId] = host.HostIdText,
            [Headers.HostDisplayName] = host.DisplayName,
        };
        if (failure.InnerException is { } inner)
        {
            added[Info + "InnerExceptionType"] = inner.GetType().FullName!;
        }

        if (failure.HelpLink is { } link)
        {
            added[Info + "HelpLink"] = link;
        }

        if (failure.Source is { } source)
        {
            added[Info + "Source"] = source;
        }

        foreach (System.Collections.DictionaryEntry entry in failure.Data)
        {
            if (entry.Value is not null)
            {
                added[$"{Info}Data.{entry.Key}"] = Cut(Convert.ToString(entry.Value, CultureInfo.InvariantCulture) ?? string.Empty, LongestMessage);
            }
        }

        _settings.FailedSettings.Customize?.Invoke(added);
        var headers = new Dictionary<string, string>(message.Headers);
        headers.Remove(Headers.DelayedRetries);
        headers.Remove("NServiceBus.FLRetries");
        StartNewTrace(headers, bool.TrueString);
        foreach (var (key, value) in added)
        {
            headers[key] = value;
        }

        return new OutgoingOperation { MessageId = message.MessageId, Headers = headers, Body = message.Body, Destination = errorQueue };
    }

    private static string Cut(string text, int most) => text.Length > most ? text[..most] : text;

    private static void StartNewTrace(Dictionary<string, string> headers, string value)
    {
        if (headers.ContainsKey(Headers.DiagnosticsTraceParent))
        {
            headers[Headers.StartNewTrace] = value;
        }
    }
}
