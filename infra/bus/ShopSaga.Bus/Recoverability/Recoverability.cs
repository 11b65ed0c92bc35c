using System.Globalization;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus;

/// <summary>
/// What happens to a message that failed: immediate retries (it goes back to the queue), then delayed retries (a copy waits in the delay queues),
/// then the error queue. Counts and headers as in the contract, sections 3.2, 3.3 and 3.6.
/// </summary>
internal sealed class Recoverability(
    EndpointConfiguration configuration, HostIdentity host, Dispatch dispatch, ReceiveObserver observer, TimeProvider time, ILogger<Recoverability> logger)
{
    private const int LongestMessage = 16_384;
    private static readonly TimeSpan RetriesExpireAfter = TimeSpan.FromDays(1);

    /// <summary>Handles the failure. Gives true when the message is elsewhere and can be acknowledged, false when it must be requeued.</summary>
    public async Task<bool> Recover(IncomingMessage message, Exception failure, CancellationToken cancellationToken)
    {
        var unrecoverable = configuration.RecoverabilitySettings.UnrecoverableExceptions.Any(type => type.IsInstanceOfType(failure));
        if (!unrecoverable && message.DeliveryAttempt <= configuration.RecoverabilitySettings.ImmediateSettings.Retries)
        {
            logger.LogInformation(
                BusEvents.ImmediateRetry, failure, "Message {MessageId} failed at attempt {Attempt} and is tried again at once", message.MessageId, message.DeliveryAttempt);
            observer.Recovered(message, Recovery.ImmediateRetry, failure);
            return false;
        }

        var performed = DelayedRetriesOf(message);
        if (!unrecoverable && performed < configuration.RecoverabilitySettings.DelayedSettings.Retries)
        {
            var delay = configuration.RecoverabilitySettings.DelayedSettings.Increase * (performed + 1);
            await dispatch([DelayedCopy(message, performed + 1, delay)], cancellationToken);
            logger.LogWarning(
                BusEvents.DelayedRetry, failure, "Message {MessageId} failed and is tried again in {Delay}", message.MessageId, delay);
            observer.Recovered(message, Recovery.DelayedRetry, failure);
            return true;
        }

        await dispatch([FailedCopy(message, failure)], cancellationToken);
        logger.LogError(
            BusEvents.MovedToErrorQueue, failure, "Message {MessageId} failed for good and went to queue {ErrorQueue}", message.MessageId, configuration.ErrorQueue);
        observer.Recovered(message, Recovery.Error, failure);
        return true;
    }

    private int DelayedRetriesOf(IncomingMessage message)
    {
        if (WireTime.TryParse(message.Headers.GetValueOrDefault(Headers.DelayedRetriesTimestamp), out var last)
            && time.GetUtcNow() - last > RetriesExpireAfter)
        {
            return int.MaxValue;
        }

        return int.TryParse(
            message.Headers.GetValueOrDefault(Headers.DelayedRetries), NumberStyles.None, CultureInfo.InvariantCulture, out var performed)
            ? performed
            : 0;
    }

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

    private OutgoingOperation FailedCopy(IncomingMessage message, Exception failure)
    {
        const string Info = "NServiceBus.ExceptionInfo.";
        var headers = new Dictionary<string, string>(message.Headers)
        {
            ["NServiceBus.FailedQ"] = configuration.EndpointName,
            ["NServiceBus.TimeOfFailure"] = WireTime.ToWire(time.GetUtcNow()),
            [Info + "ExceptionType"] = failure.GetType().FullName!,
            [Info + "Message"] = failure.Message.Length > LongestMessage ? failure.Message[..LongestMessage] : failure.Message,
            [Info + "StackTrace"] = failure.ToString(),
            [Headers.ProcessingMachine] = host.MachineName,
            [Headers.ProcessingEndpoint] = configuration.EndpointName,
            [Headers.HostId] = host.HostIdText,
            [Headers.HostDisplayName] = host.DisplayName,
        };
        headers.Remove(Headers.DelayedRetries);
        headers.Remove("NServiceBus.FLRetries");
        if (failure.InnerException is { } inner)
        {
            headers[Info + "InnerExceptionType"] = inner.GetType().FullName!;
        }

        if (failure.HelpLink is { } link)
        {
            headers[Info + "HelpLink"] = link;
        }

        if (failure.Source is { } source)
        {
            headers[Info + "Source"] = source;
        }

        foreach (System.Collections.DictionaryEntry entry in failure.Data)
        {
            if (entry.Value is not null)
            {
                headers[$"{Info}Data.{entry.Key}"] = Convert.ToString(entry.Value, CultureInfo.InvariantCulture) ?? string.Empty;
            }
        }

        StartNewTrace(headers, bool.TrueString);
        return new OutgoingOperation { MessageId = message.MessageId, Headers = headers, Body = message.Body, Destination = configuration.ErrorQueue };
    }

    private static void StartNewTrace(Dictionary<string, string> headers, string value)
    {
        if (headers.ContainsKey(Headers.DiagnosticsTraceParent))
        {
            headers[Headers.StartNewTrace] = value;
        }
    }
}
