namespace ShopSaga.Bus.Testing;

/// <summary>Finds the first recorded message of a type; null when there is none.</summary>
public static class TestingExtensions
{
    /// <summary>The first sent message of this type.</summary>
    public static TMessage? FindSentMessage<TMessage>(this TestablePipelineContext context) =>
        context.SentMessages.Select(sent => sent.Message).OfType<TMessage>().FirstOrDefault();

    /// <summary>The first published event of this type.</summary>
    public static TMessage? FindPublishedMessage<TMessage>(this TestablePipelineContext context) =>
        context.PublishedMessages.Select(published => published.Message).OfType<TMessage>().FirstOrDefault();

    /// <summary>The first timeout of this type.</summary>
    public static TMessage? FindTimeoutMessage<TMessage>(this TestablePipelineContext context) =>
        context.TimeoutMessages.Select(timeout => timeout.Message).OfType<TMessage>().FirstOrDefault();
}
