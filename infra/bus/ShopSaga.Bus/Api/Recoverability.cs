namespace ShopSaga.Bus;

/// <summary>What happens to a message whose processing threw: immediate retries, then delayed ones, then the error queue.</summary>
public sealed class RecoverabilitySettings
{
    internal ImmediateRetriesSettings ImmediateSettings { get; } = new();

    internal DelayedRetriesSettings DelayedSettings { get; } = new();

    internal RetryFailedSettings FailedSettings { get; } = new();

    internal HashSet<Type> UnrecoverableExceptions { get; } = [typeof(MessageDeserializationException)];

    internal Func<RecoverabilityConfig, ErrorContext, RecoverabilityAction> Policy { get; private set; } = DefaultRecoverabilityPolicy.Invoke;

    internal ConsecutiveFailures? ConsecutiveFailures { get; private set; }

    /// <summary>Sets immediate retries.</summary>
    public RecoverabilitySettings Immediate(Action<ImmediateRetriesSettings> customizations)
    {
        customizations(ImmediateSettings);
        return this;
    }

    /// <summary>Sets delayed retries.</summary>
    public RecoverabilitySettings Delayed(Action<DelayedRetriesSettings> customizations)
    {
        customizations(DelayedSettings);
        return this;
    }

    /// <summary>Sets what is done with messages that failed for good.</summary>
    public RecoverabilitySettings Failed(Action<RetryFailedSettings> customizations)
    {
        customizations(FailedSettings);
        return this;
    }

    /// <summary>Messages that fail with this exception, or one derived from it, go to the error queue at once.</summary>
    public RecoverabilitySettings AddUnrecoverableException<T>()
        where T : Exception => AddUnrecoverableException(typeof(T));

    /// <summary>Messages that fail with this exception, or one derived from it, go to the error queue at once.</summary>
    /// <exception cref="ArgumentException">The type is not an exception.</exception>
    public RecoverabilitySettings AddUnrecoverableException(Type exceptionType)
    {
        if (!typeof(Exception).IsAssignableFrom(exceptionType))
        {
            throw new ArgumentException($"{exceptionType} is not an exception.", nameof(exceptionType));
        }

        UnrecoverableExceptions.Add(exceptionType);
        return this;
    }

    /// <summary>
    /// Lets this function decide instead of <see cref="DefaultRecoverabilityPolicy"/>, which it may ask for what it does not decide itself. It decides
    /// about unrecoverable exceptions too. A queue that it sends failures to must exist.
    /// </summary>
    public RecoverabilitySettings CustomPolicy(Func<RecoverabilityConfig, ErrorContext, RecoverabilityAction> policy)
    {
        Policy = policy;
        return this;
    }

    /// <summary>After so many failures in a row, lets messages be handled one at a time, with a pause after each failure, until the first success.</summary>
    public void OnConsecutiveFailures(int numberOfConsecutiveFailures, RateLimitSettings rateLimitSettings)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(numberOfConsecutiveFailures, 1);
        ConsecutiveFailures = new ConsecutiveFailures(numberOfConsecutiveFailures, rateLimitSettings);
    }

    internal RecoverabilityConfig ConfigFor(string errorQueue) => new(
        new ImmediateConfig(ImmediateSettings.Retries),
        new DelayedConfig(DelayedSettings.Retries, DelayedSettings.Increase),
        new FailedConfig(errorQueue, UnrecoverableExceptions));
}

/// <summary>From how many failures in a row the rate is limited, and how.</summary>
internal sealed record ConsecutiveFailures(int Number, RateLimitSettings RateLimit);

/// <summary>What happens while messages fail one after the other.</summary>
/// <param name="timeToWaitBetweenThrottledAttempts">The pause after each failed attempt; 1 s by default.</param>
/// <param name="onRateLimitStarted">Called when the limit begins.</param>
/// <param name="onRateLimitEnded">Called when it ends.</param>
public sealed class RateLimitSettings(
    TimeSpan? timeToWaitBetweenThrottledAttempts = null,
    Func<CancellationToken, Task>? onRateLimitStarted = null,
    Func<CancellationToken, Task>? onRateLimitEnded = null)
{
    internal TimeSpan Wait { get; } = timeToWaitBetweenThrottledAttempts ?? TimeSpan.FromSeconds(1);

    internal Func<CancellationToken, Task>? OnStarted { get; } = onRateLimitStarted;

    internal Func<CancellationToken, Task>? OnEnded { get; } = onRateLimitEnded;
}

/// <summary>Immediate retries.</summary>
public sealed class ImmediateRetriesSettings
{
    internal int Retries { get; private set; } = 5;

    internal Func<ImmediateRetryMessage, CancellationToken, Task>? OnRetry { get; private set; }

    /// <summary>Sets how often a message is tried again at once; 5 by default, 0 for never.</summary>
    public void NumberOfRetries(int numberOfRetries)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(numberOfRetries);
        Retries = numberOfRetries;
    }

    /// <summary>Calls this when a message failed and is about to be tried again at once.</summary>
    public void OnMessageBeingRetried(Func<ImmediateRetryMessage, CancellationToken, Task> notificationCallback) => OnRetry = notificationCallback;
}

/// <summary>Delayed retries; each comes with immediate retries of its own.</summary>
public sealed class DelayedRetriesSettings
{
    internal int Retries { get; private set; } = 3;

    internal TimeSpan Increase { get; private set; } = TimeSpan.FromSeconds(10);

    internal Func<DelayedRetryMessage, CancellationToken, Task>? OnRetry { get; private set; }

    /// <summary>Sets how often a message is tried again later; 3 by default, 0 for never.</summary>
    public DelayedRetriesSettings NumberOfRetries(int numberOfRetries)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(numberOfRetries);
        Retries = numberOfRetries;
        return this;
    }

    /// <summary>Sets by how much each delay is longer than the one before, the first one included; 10 s by default.</summary>
    public DelayedRetriesSettings TimeIncrease(TimeSpan timeIncrease)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeIncrease, TimeSpan.Zero);
        Increase = timeIncrease;
        return this;
    }

    /// <summary>Calls this when the copy that is tried later has been sent. An exception makes the message be tried again at once.</summary>
    public DelayedRetriesSettings OnMessageBeingRetried(Func<DelayedRetryMessage, CancellationToken, Task> notificationCallback)
    {
        OnRetry = notificationCallback;
        return this;
    }
}

/// <summary>What is done with messages that failed for good.</summary>
public sealed class RetryFailedSettings
{
    internal Action<Dictionary<string, string>>? Customize { get; private set; }

    internal Func<FailedMessage, CancellationToken, Task>? OnSent { get; private set; }

    /// <summary>May change the headers that tell about the failure, before they are added to those of the message.</summary>
    public RetryFailedSettings HeaderCustomization(Action<Dictionary<string, string>> customization)
    {
        Customize = customization;
        return this;
    }

    /// <summary>Calls this when the message is in the error queue. An exception makes the message be tried again.</summary>
    public RetryFailedSettings OnMessageSentToErrorQueue(Func<FailedMessage, CancellationToken, Task> notificationCallback)
    {
        OnSent = notificationCallback;
        return this;
    }
}

/// <summary>The body or type of a message cannot be read. Such a message goes to the error queue without retries.</summary>
public sealed class MessageDeserializationException : Exception
{
    /// <summary>Makes the exception.</summary>
    public MessageDeserializationException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    public MessageDeserializationException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes the exception.</summary>
    public MessageDeserializationException()
    {
    }
}
