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
    /// <summary>The delay that was asked for; null where a date was.</summary>
    public TimeSpan? Within { get; } = Options.GetDeliveryDelay();

    /// <summary>The date that was asked for; null where a delay was.</summary>
    public DateTimeOffset? At { get; } = Options.GetDeliveryDate();
}
