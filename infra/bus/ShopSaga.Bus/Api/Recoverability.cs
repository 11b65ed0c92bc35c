namespace ShopSaga.Bus;

/// <summary>What happens to a message whose processing threw: immediate retries, then delayed ones, then the error queue.</summary>
public sealed class RecoverabilitySettings
{
    internal ImmediateRetriesSettings ImmediateSettings { get; } = new();

    internal DelayedRetriesSettings DelayedSettings { get; } = new();

    internal List<Type> UnrecoverableExceptions { get; } = [typeof(MessageDeserializationException)];

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
}

/// <summary>Immediate retries.</summary>
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

/// <summary>Delayed retries; each comes with immediate retries of its own.</summary>
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
