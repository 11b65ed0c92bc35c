namespace ShopSaga.Bus.Testing;

/// <summary>A message that left the code under test, with the options it left with.</summary>
/// <typeparam name="TMessage">The type of the message.</typeparam>
/// <typeparam name="TOptions">The kind of options.</typeparam>
public record OutgoingMessage<TMessage, TOptions>(TMessage Message, TOptions Options)
    where TOptions : ExtendableOptions;

/// <summary>A message that was sent.</summary>
/// <typeparam name="TMessage">The type of the message.</typeparam>
public record SentMessage<TMessage>(TMessage Message, SendOptions Options) : OutgoingMessage<TMessage, SendOptions>(Message, Options);

/// <summary>An event that was published.</summary>
/// <typeparam name="TMessage">The type of the event.</typeparam>
public record PublishedMessage<TMessage>(TMessage Message, PublishOptions Options)
    : OutgoingMessage<TMessage, PublishOptions>(Message, Options);

/// <summary>A reply.</summary>
/// <typeparam name="TMessage">The type of the reply.</typeparam>
public record RepliedMessage<TMessage>(TMessage Message, ReplyOptions Options) : OutgoingMessage<TMessage, ReplyOptions>(Message, Options);

/// <summary>A timeout that a saga asked for.</summary>
/// <typeparam name="TMessage">The type of the timeout's state.</typeparam>
public record TimeoutMessage<TMessage>(TMessage Message, SendOptions Options) : OutgoingMessage<TMessage, SendOptions>(Message, Options)
{
    /// <summary>The time after which it was asked for, if it was not a date.</summary>
    public TimeSpan? Within { get; } = Options.GetDeliveryDelay();

    /// <summary>The date for which it was asked, if it was not a time after now.</summary>
    public DateTimeOffset? At { get; } = Options.GetDeliveryDate();
}

/// <summary>Ways to look at what was recorded.</summary>
public static class OutgoingMessageExtensions
{
    /// <summary>The sent messages of this type.</summary>
    public static IEnumerable<SentMessage<TMessage>> Containing<TMessage>(this IEnumerable<SentMessage<object>> sentMessages) =>
        from sent in sentMessages where sent.Message is TMessage select new SentMessage<TMessage>((TMessage)sent.Message, sent.Options);

    /// <summary>The published events of this type.</summary>
    public static IEnumerable<PublishedMessage<TMessage>> Containing<TMessage>(
        this IEnumerable<PublishedMessage<object>> publishedMessages) =>
        from published in publishedMessages
        where published.Message is TMessage
        select new PublishedMessage<TMessage>((TMessage)published.Message, published.Options);

    /// <summary>The timeouts of this type.</summary>
    public static IEnumerable<TimeoutMessage<TMessage>> Containing<TMessage>(this IEnumerable<TimeoutMessage<object>> timeoutMessages) =>
        from timeout in timeoutMessages
        where timeout.Message is TMessage
        select new TimeoutMessage<TMessage>((TMessage)timeout.Message, timeout.Options);

    /// <summary>The event as this type, or null when it is of another.</summary>
    public static TMessage? Message<TMessage>(this PublishedMessage<object> publishedMessage)
        where TMessage : class => publishedMessage.Message as TMessage;
}
