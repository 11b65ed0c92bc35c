namespace ShopSaga.Bus;

/// <summary>Work that a stopping endpoint can cancel.</summary>
public interface ICancellableContext
{
    /// <summary>Signalled when the endpoint must stop at once. Work that observes it is retried after the restart.</summary>
    CancellationToken CancellationToken { get; }
}

/// <summary>A place from which messages can be sent.</summary>
public interface IPipelineContext : ICancellableContext
{
    /// <summary>Sends a message to the destination in <paramref name="options"/>.</summary>
    Task Send(object message, SendOptions options);

    /// <summary>Publishes an event to all its subscribers.</summary>
    Task Publish(object message, PublishOptions options);
}

/// <summary>The message being processed.</summary>
public interface IMessageProcessingContext : IPipelineContext
{
    /// <summary>The logical id of the message, equal for every delivery and every retry of it.</summary>
    string MessageId { get; }

    /// <summary>The address for replies, or an empty string.</summary>
    string ReplyToAddress { get; }

    /// <summary>Headers by name; see <see cref="Headers"/>.</summary>
    IReadOnlyDictionary<string, string> MessageHeaders { get; }

    /// <summary>Sends a reply to the sender of this message.</summary>
    Task Reply(object message, ReplyOptions options);
}

/// <summary>The context that a handler gets beside the message.</summary>
public interface IMessageHandlerContext : IMessageProcessingContext
{
    /// <summary>
    /// The database transaction in which the message is recorded as processed; business rows belong in it. The transaction begins with the
    /// first statement, so a handler that calls another system first holds none open meanwhile.
    /// </summary>
    ISynchronizedStorageSession SynchronizedStorageSession { get; }
}

/// <summary>Shorter forms without options.</summary>
public static class PipelineContextExtensions
{
    /// <summary>Publishes an event to all its subscribers.</summary>
    public static Task Publish(this IPipelineContext context, object message) => context.Publish(message, new PublishOptions());

    /// <summary>Sends a message to the endpoint called <paramref name="destination"/>.</summary>
    public static Task Send(this IPipelineContext context, string destination, object message)
    {
        var options = new SendOptions();
        options.SetDestination(destination);
        return context.Send(message, options);
    }

    /// <summary>Sends a message to this endpoint's own queue.</summary>
    public static Task SendLocal(this IPipelineContext context, object message) =>
        context.Send(message, OptionsExtensions.ToThisEndpoint());

    /// <summary>Sends a reply to the sender of this message.</summary>
    public static Task Reply(this IMessageProcessingContext context, object message) => context.Reply(message, new ReplyOptions());
}
