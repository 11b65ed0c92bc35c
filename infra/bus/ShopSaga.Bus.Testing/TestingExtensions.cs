namespace ShopSaga.Bus.Testing;

/// <summary>Finds the first recorded message of a type; null when there is none.</summary>
public static class TestingExtensions
{
    /// <summary>The first sent message of this type.</summary>
    public static TMessage? FindSentMessage<TMessage>(this TestablePipelineContext context) =>
        First(context.SentMessages.Containing<TMessage>());

    /// <summary>The first published event of this type.</summary>
    public static TMessage? FindPublishedMessage<TMessage>(this TestablePipelineContext context) =>
        First(context.PublishedMessages.Containing<TMessage>());

    /// <summary>The first timeout of this type.</summary>
    public static TMessage? FindTimeoutMessage<TMessage>(this TestablePipelineContext context) =>
        First(context.TimeoutMessages.Containing<TMessage>());

    private static TMessage? First<TMessage, TOptions>(IEnumerable<OutgoingMessage<TMessage, TOptions>> messages)
        where TOptions : ExtendableOptions
    {
        var first = messages.FirstOrDefault();
        return first is null ? default : first.Message;
    }
}
