namespace ShopSaga.Bus.ServiceControl;

/// <summary>Measured values of processed and retried messages, for ServiceControl's monitoring.</summary>
internal sealed class MeasuredValues
{
    public TaggedValues ProcessingTime { get; } = new("ProcessingTime");

    public TaggedValues CriticalTime { get; } = new("CriticalTime");

    public TaggedValues Retries { get; } = new("Retries");

    public IReadOnlyList<TaggedValues> All => [ProcessingTime, CriticalTime, Retries];

    public void Processed(IncomingMessage message, DateTimeOffset now, TimeSpan processing, TimeSpan? critical)
    {
        var tag = TagOf(message);
        ProcessingTime.Add(now.UtcTicks, tag, (long)processing.TotalMilliseconds);
        if (critical is { } sinceSent)
        {
            CriticalTime.Add(now.UtcTicks, tag, (long)sinceSent.TotalMilliseconds);
        }
    }

    public void Retried(IncomingMessage message, DateTimeOffset now) => Retries.Add(now.UtcTicks, TagOf(message), 1);

    private static string TagOf(IncomingMessage message) => message.Headers.GetValueOrDefault(Headers.EnclosedMessageTypes) ?? string.Empty;
}
