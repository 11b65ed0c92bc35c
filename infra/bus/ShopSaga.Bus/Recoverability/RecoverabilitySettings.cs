namespace ShopSaga.Bus;

/// <summary>The path of a message whose processing failed: immediate retries, then delayed ones, then the error queue.</summary>
public sealed class RecoverabilitySettings
{
    internal ImmediateRetriesSettings ImmediateSettings { get; } = new();

    internal DelayedRetriesSettings DelayedSettings { get; } = new();

    internal HashSet<Type> UnrecoverableExceptions { get; } = [typeof(MessageDeserializationException)];

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

    /// <summary>Messages that fail with this exception, or one derived from it, go to the error queue at once.</summary>
    public RecoverabilitySettings AddUnrecoverableException<T>()
        where T : Exception
    {
        UnrecoverableExceptions.Add(typeof(T));
        return this;
    }

    /// <summary>
    /// Immediate retries while there are any, then delayed ones, then the error queue; an unrecoverable failure goes there at once.
    /// </summary>
    /// <param name="failure">The exception.</param>
    /// <param name="attempts">How often the message failed since it came into the queue; at least 1.</param>
    /// <param name="delayedRetries">How many delayed retries it has had.</param>
    /// <param name="delayedRetriesExpired">Whether the last delayed retry is too long ago for another.</param>
    internal RecoverabilityDecision Decide(Exception failure, int attempts, int delayedRetries, bool delayedRetriesExpired)
    {
        if (UnrecoverableExceptions.Any(type => type.IsInstanceOfType(failure)))
        {
            return new RecoverabilityDecision(Recovery.Error);
        }

        // At once the lock would still be held, and the wait for it would stop a worker again.
        var waitedTooLong = Database.IsTimeout(failure) && DelayedSettings.Retries > 0;
        if (attempts <= ImmediateSettings.Retries && !waitedTooLong)
        {
            return new RecoverabilityDecision(Recovery.ImmediateRetry);
        }

        return delayedRetries < DelayedSettings.Retries && !delayedRetriesExpired
            ? new RecoverabilityDecision(Recovery.DelayedRetry, DelayedSettings.Increase * (delayedRetries + 1))
            : new RecoverabilityDecision(Recovery.Error);
    }
}

/// <summary>How often a message that fails is tried again at once.</summary>
public sealed class ImmediateRetriesSettings
{
    internal int Retries { get; private set; } = 5;

    /// <summary>Sets how often a message is tried again at once; 5 by default, 0 for never.</summary>
    public void NumberOfRetries(int numberOfRetries)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(numberOfRetries);
        Retries = numberOfRetries;
    }
}

/// <summary>How often a message that fails is tried again after a delay, each time with its immediate retries anew.</summary>
public sealed class DelayedRetriesSettings
{
    internal int Retries { get; private set; } = 3;

    internal TimeSpan Increase { get; private set; } = TimeSpan.FromSeconds(10);

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
}

/// <summary>A decision of recoverability, with the delay of a delayed retry.</summary>
internal readonly record struct RecoverabilityDecision(Recovery Recovery, TimeSpan Delay = default);
