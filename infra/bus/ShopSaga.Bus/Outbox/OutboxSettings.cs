namespace ShopSaga.Bus;

/// <summary>Settings of the outbox, whose records are also the inbox.</summary>
public sealed class OutboxSettings
{
    internal TimeSpan KeepFor { get; private set; } = TimeSpan.FromDays(7);

    internal TimeSpan CleanupEvery { get; private set; } = TimeSpan.FromMinutes(1);

    /// <summary>Sets how long a message is remembered as processed; 7 days by default.</summary>
    public void KeepDeduplicationDataFor(TimeSpan time) => KeepFor = time;

    /// <summary>Sets how often older records are deleted; every minute by default.</summary>
    public void RunDeduplicationDataCleanupEvery(TimeSpan interval) => CleanupEvery = interval;
}
