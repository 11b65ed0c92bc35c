namespace ShopSaga.Bus;

/// <summary>Decides what happens to a failed message unless <see cref="RecoverabilitySettings.CustomPolicy"/> says otherwise.</summary>
public static class DefaultRecoverabilityPolicy
{
    /// <summary>Unrecoverable: to the error queue. Otherwise immediate retries while there are any, then delayed ones, then the error queue.</summary>
    public static RecoverabilityAction Invoke(RecoverabilityConfig config, ErrorContext errorContext)
    {
        var unrecoverable = config.Failed.UnrecoverableExceptionTypes.Any(type => type.IsInstanceOfType(errorContext.Exception));
        if (!unrecoverable && errorContext.ImmediateProcessingFailures <= config.Immediate.MaxNumberOfRetries)
        {
            return RecoverabilityAction.ImmediateRetry();
        }

        if (!unrecoverable && !errorContext.DelayedRetriesExpired && errorContext.DelayedDeliveriesPerformed < config.Delayed.MaxNumberOfRetries)
        {
            return RecoverabilityAction.DelayedRetry(config.Delayed.TimeIncrease * (errorContext.DelayedDeliveriesPerformed + 1));
        }

        return RecoverabilityAction.MoveToError(config.Failed.ErrorQueue);
    }
}

/// <summary>What is configured.</summary>
public sealed record RecoverabilityConfig(ImmediateConfig Immediate, DelayedConfig Delayed, FailedConfig Failed);

/// <summary>Immediate retries.</summary>
/// <param name="MaxNumberOfRetries">How often a message is tried again at once, in each round.</param>
public sealed record ImmediateConfig(int MaxNumberOfRetries);

/// <summary>Delayed retries.</summary>
/// <param name="MaxNumberOfRetries">How often a message is tried again later.</param>
/// <param name="TimeIncrease">By how much each delay is longer than the one before.</param>
public sealed record DelayedConfig(int MaxNumberOfRetries, TimeSpan TimeIncrease);

/// <summary>Failures for good.</summary>
/// <param name="ErrorQueue">Where they go.</param>
/// <param name="UnrecoverableExceptionTypes">The exceptions that are not worth a retry.</param>
public sealed record FailedConfig(string ErrorQueue, HashSet<Type> UnrecoverableExceptionTypes);

/// <summary>A failure to decide about.</summary>
public sealed class ErrorContext
{
    internal ErrorContext(IncomingMessage message, Exception exception, string receiveAddress)
    {
        Exception = exception;
        Headers = new Dictionary<string, string>(message.Headers);
        Body = message.Body;
        MessageId = message.MessageId;
        NativeMessageId = message.NativeId;
        ImmediateProcessingFailures = message.DeliveryAttempt;
        ReceiveAddress = receiveAddress;
    }

    /// <summary>What was thrown.</summary>
    public Exception Exception { get; }

    /// <summary>A copy of the message's headers.</summary>
    public Dictionary<string, string> Headers { get; }

    /// <summary>The message's body.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>The logical id of the message.</summary>
    public string MessageId { get; }

    /// <summary>The id that the broker knows it by.</summary>
    public string NativeMessageId { get; }

    /// <summary>How often it failed since it came into the queue; at least 1.</summary>
    public int ImmediateProcessingFailures { get; }

    /// <summary>How many delayed retries are behind it.</summary>
    public int DelayedDeliveriesPerformed { get; internal init; }

    /// <summary>The queue that it came from.</summary>
    public string ReceiveAddress { get; }

    /// <summary>Whether the last delayed retry is so long ago that there shall be no more.</summary>
    internal bool DelayedRetriesExpired { get; init; }
}

/// <summary>What to do with a failed message.</summary>
public abstract record RecoverabilityAction
{
    /// <summary>Try again at once.</summary>
    public static ImmediateRetry ImmediateRetry() => new();

    /// <summary>Try again after a time.</summary>
    public static DelayedRetry DelayedRetry(TimeSpan timeSpan) => new(timeSpan);

    /// <summary>Give up, and keep the message in this queue.</summary>
    public static MoveToError MoveToError(string errorQueue) => new(errorQueue);

    /// <summary>Give up, and forget the message.</summary>
    public static Discard Discard(string reason) => new(reason);
}

/// <summary>Try again at once.</summary>
public sealed record ImmediateRetry : RecoverabilityAction;

/// <summary>Try again after a time.</summary>
public sealed record DelayedRetry(TimeSpan Delay) : RecoverabilityAction;

/// <summary>Give up, and keep the message in this queue.</summary>
public sealed record MoveToError(string ErrorQueue) : RecoverabilityAction;

/// <summary>Give up, and forget the message.</summary>
public sealed record Discard(string Reason) : RecoverabilityAction;

/// <summary>A message that failed and is tried again at once.</summary>
public sealed record ImmediateRetryMessage(
    string MessageId, Dictionary<string, string> Headers, ReadOnlyMemory<byte> Body, Exception Exception, int RetryAttempt);

/// <summary>A message that failed and is tried again later.</summary>
public sealed record DelayedRetryMessage(
    string MessageId, Dictionary<string, string> Headers, ReadOnlyMemory<byte> Body, Exception Exception, int RetryAttempt);

/// <summary>A message that failed for good.</summary>
public sealed record FailedMessage(
    string MessageId, Dictionary<string, string> Headers, ReadOnlyMemory<byte> Body, Exception Exception, string ErrorQueue);
